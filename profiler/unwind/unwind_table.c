/* Compiles call frame information to a table of rows, and searches it. */
#include "unwind/unwind_table.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unwind/cfi.h"
#include "unwind/elf_layout.h"
#include "unwind/function_list.h"
#include "foundation/growing_array.h"
#include "unwind/machine_code.h"
#include "unwind/registers.h"
#include "unwind/unwind_row.h"

enum {
	/* The largest browsers have 30 MB of unwind information. */
	SECTION_BYTES_MAX = 128 << 20,
	/* _start and what follows it in the dynamic linker is below that. */
	ENTRY_CODE_BYTES = 128
};

/* Code of a known kind that has no unwind information. */
struct padded {
	uint64_t start; /* addresses */
	uint64_t from, to;
	uint64_t end; /* 0: there is none */
};

struct clinic_unwind_table {
	struct clinic_elf_layout layout;
	struct clinic_unwind_row *rows; /* rows[0].pc is 0 */
	size_t rows_capacity;
	struct clinic_unwind_facts facts;
	struct padded init, fini;
};

static const struct clinic_unwind_row row_of_nothing = {
	.cfa_kind = CLINIC_CFA_NONE};

#define ROW_OF_STACK_POINTER(offset)                                           \
	{                                                                      \
		.cfa_kind = CLINIC_CFA_REGISTER,                               \
		.cfa_register = CLINIC_REGISTER_SP, .cfa_offset = (offset),    \
		.fp = CLINIC_SAVED_SAME, .ra = -1, .spare = CLINIC_SAVED_SAME  \
	}
static const struct clinic_unwind_row row_of_call = ROW_OF_STACK_POINTER(8);
static const struct clinic_unwind_row row_of_padding = ROW_OF_STACK_POINTER(16);

static const struct clinic_unwind_row row_of_damage = {
	.cfa_kind = CLINIC_CFA_UNSUPPORTED};

/* The state of adding the rows of one function. */
struct adding {
	struct clinic_unwind_table *table;
	uint64_t end; /* or where the next function begins, if that is before */
};

static bool same_rule(const struct clinic_unwind_row *a,
		      const struct clinic_unwind_row *b)
{
	return a->cfa_kind == b->cfa_kind && a->cfa_offset == b->cfa_offset &&
	       a->cfa_register == b->cfa_register &&
	       a->cfa_addend == b->cfa_addend && a->fp == b->fp &&
	       a->ra == b->ra && a->spare == b->spare &&
	       a->is_signal == b->is_signal;
}

static int reserve_row(struct clinic_unwind_table *table)
{
	struct clinic_unwind_row *grown =
		clinic_grow(table->rows, table->facts.rows_count,
			    &table->rows_capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	table->rows = grown;
	return 0;
}

static uint32_t pc_of(const struct clinic_unwind_table *table, uint64_t address)
{
	return (uint32_t)(address - table->layout.base);
}

/* Removes the rows from that address on. */
static void cut_rows(struct clinic_unwind_table *table, uint64_t address)
{
	size_t *count = &table->facts.rows_count;

	while (*count && table->rows[*count - 1].pc >= pc_of(table, address))
		--*count;
}

/*
 * Appends a row. Addresses ascend. A row without length is replaced, and a row
 * with the rule of the last one is left out.
 */
static int append_row(struct clinic_unwind_table *table, uint64_t address,
		      const struct clinic_unwind_row *row)
{
	size_t *count = &table->facts.rows_count;
	int error;

	cut_rows(table, address);
	if (*count && same_rule(&table->rows[*count - 1], row))
		return 0;
	error = reserve_row(table);
	if (error)
		return error;
	table->rows[*count] = *row;
	table->rows[(*count)++].pc = pc_of(table, address);
	return 0;
}

static int add_row(void *context, uint64_t address,
		   const struct clinic_unwind_row *row)
{
	struct adding *adding = context;

	return address < adding->end ? append_row(adding->table, address, row)
				     : 0;
}

/* No row of a damaged function can be trusted, so all of them are removed. */
static int add_function(struct clinic_unwind_table *table,
			const struct clinic_listed_function *listed,
			uint64_t end)
{
	const struct clinic_cfi_function *function = &listed->function;
	struct adding adding = {.table = table, .end = end};
	int error = clinic_cfi_run(listed->section, function, add_row, &adding);

	table->facts.functions_count++;
	if (error == -ENOMEM)
		return error;
	if (error) {
		cut_rows(table, function->start);
		table->facts.damaged_functions_count++;
		error = append_row(table, function->start, &row_of_damage);
	}
	return error ? error : append_row(table, end, &row_of_nothing);
}

static int add_functions(struct clinic_unwind_table *table,
			 const struct clinic_function_list *list)
{
	int error = append_row(table, table->layout.base, &row_of_nothing);

	for (size_t i = 0; i < list->count && !error; i++) {
		const struct clinic_listed_function *f = &list->items[i];
		uint64_t end = f->function.start + f->function.size;

		if (i + 1 < list->count && f[1].function.start < end)
			end = f[1].function.start;
		if (end > f->function.start)
			error = add_function(table, f, end);
	}
	return error;
}

static void finish_table(struct clinic_unwind_table *table)
{
	struct clinic_unwind_facts *facts = &table->facts;

	table->rows = clinic_trim(table->rows, facts->rows_count,
				  sizeof(*table->rows));
	for (size_t i = 0; i < facts->rows_count; i++)
		facts->unsupported_rows_count += table->rows[i].cfa_kind ==
						 CLINIC_CFA_UNSUPPORTED;
	for (size_t i = 0; i + 1 < facts->rows_count; i++)
		if (table->rows[i].cfa_kind != CLINIC_CFA_NONE)
			facts->covered_bytes +=
				table->rows[i + 1].pc - table->rows[i].pc;
	for (size_t i = 0; i < table->layout.code_count; i++)
		facts->code_bytes += table->layout.code[i].file_size;
	facts->bytes =
		sizeof(*table) + facts->rows_count * sizeof(*table->rows);
}

/* A section in which all functions are damaged is damaged as a whole. */
static int compile(struct clinic_unwind_table *table,
		   struct clinic_function_list *list)
{
	int error;

	table->facts.damaged_functions_count = list->damaged_count;
	if (list->count == 0)
		return list->damaged_count ? -EBADMSG : -ENODATA;
	clinic_function_list_sort(list);
	error = add_functions(table, list);
	if (!error)
		finish_table(table);
	return error;
}

/* The caller frees the section's bytes, which are NULL after an error. */
static int read_section(int fd, const struct clinic_elf_range *range,
			struct clinic_cfi_section *section, uint8_t **bytes)
{
	int error;

	section->size = range->size;
	section->address = range->address;
	section->bytes = *bytes = NULL;
	if (range->size > SECTION_BYTES_MAX)
		return -EFBIG;
	section->bytes = *bytes = malloc(range->size ? range->size : 1);
	if (!*bytes)
		return -ENOMEM;
	error = clinic_elf_read_at(fd, *bytes, range->size, range->file_offset);
	return error == -EIO ? -EBADMSG : error;
}

/*
 * Both sections are read: in a program that has unwind information as debug
 * information only, .eh_frame still has the startup code of the C library.
 */
static int compile_sections(int fd, const struct clinic_cfi_section *more,
			    struct clinic_unwind_table *table)
{
	struct clinic_function_list list = {.base = table->layout.base};
	struct clinic_cfi_section debug_frame = {.is_debug_frame = true};
	struct clinic_cfi_section eh_frame = {0};
	uint8_t *debug_frame_bytes, *eh_frame_bytes = NULL;
	int error = read_section(fd, &table->layout.debug_frame, &debug_frame,
				 &debug_frame_bytes);

	if (!error && more)
		error = clinic_function_list_scan(&list, more);
	if (!error)
		error = read_section(fd, &table->layout.eh_frame, &eh_frame,
				     &eh_frame_bytes);
	if (!error)
		error = clinic_function_list_scan(&list, &debug_frame);
	if (!error)
		error = clinic_function_list_scan(&list, &eh_frame);
	if (!error)
		error = compile(table, &list);
	free(list.items);
	free(debug_frame_bytes);
	free(eh_frame_bytes);
	return error;
}

static int compile_by_index(const struct clinic_cfi_section *segment,
			    struct clinic_unwind_table *table)
{
	struct clinic_function_list list = {.base = table->layout.base};
	int error = clinic_function_list_index(&list, segment,
					       &table->layout.eh_frame_index);

	if (!error)
		error = compile(table, &list);
	free(list.items);
	return error;
}

static int check_index(const struct clinic_elf_layout *layout)
{
	const struct clinic_elf_range *segment = &layout->eh_frame_segment;
	const struct clinic_elf_range *index = &layout->eh_frame_index;

	if (index->size == 0 || segment->size == 0)
		return -ENODATA;
	if (segment->size > UINT32_MAX)
		return -EFBIG;
	return index->size > segment->address + segment->size - index->address
		       ? -EBADMSG
		       : 0;
}

static int compile_image(uintptr_t bias, struct clinic_unwind_table *table)
{
	const struct clinic_elf_range *range = &table->layout.eh_frame_segment;
	const struct clinic_cfi_section segment = {
		.bytes = (const uint8_t *)(bias + range->address),
		.size = range->size,
		.address = range->address,
	};
	int error = check_index(&table->layout);

	return error ? error : compile_by_index(&segment, table);
}

/* This works for a file without section headers, too. */
static int compile_segment(int fd, struct clinic_unwind_table *table)
{
	struct clinic_cfi_section segment = {0};
	uint8_t *bytes = NULL;
	int error = check_index(&table->layout);

	if (!error)
		error = read_section(fd, &table->layout.eh_frame_segment,
				     &segment, &bytes);
	if (!error)
		error = compile_by_index(&segment, table);
	free(bytes);
	return error;
}

/* If the code cannot be read or is of another kind, it stays without a rule. */
static void find_padding(int fd, const struct clinic_elf_range *range,
			 struct padded *padded)
{
	uint8_t code[CLINIC_PADDED_BYTES_MAX];
	size_t from, to;

	if (range->size == 0 || range->size > sizeof(code) ||
	    clinic_elf_read_at(fd, code, range->size, range->file_offset) < 0 ||
	    !clinic_code_is_padded(code, range->size, &from, &to))
		return;
	*padded = (struct padded){
		.start = range->address,
		.from = range->address + from,
		.to = range->address + to,
		.end = range->address + range->size,
	};
}

static int make_from_file(int fd, const struct clinic_cfi_section *more,
			  struct clinic_unwind_table **out)
{
	struct clinic_unwind_table *table = calloc(1, sizeof(*table));
	int error = table ? clinic_elf_layout_read(fd, &table->layout)
			  : -ENOMEM;

	*out = NULL;
	if (!error)
		error = compile_sections(fd, more, table);
	if (error == -ENODATA)
		error = compile_segment(fd, table);
	if (error) {
		clinic_unwind_table_free(table);
		return error;
	}
	find_padding(fd, &table->layout.init, &table->init);
	find_padding(fd, &table->layout.fini, &table->fini);
	*out = table;
	return 0;
}

int clinic_unwind_table_from_file(int fd, struct clinic_unwind_table **table)
{
	return make_from_file(fd, NULL, table);
}

int clinic_unwind_table_with_frames(int fd, const uint8_t *frames, size_t size,
				    struct clinic_unwind_table **table)
{
	const struct clinic_cfi_section more = {
		.bytes = frames, .size = size, .is_debug_frame = true};

	return make_from_file(fd, &more, table);
}

int clinic_unwind_table_from_image(uintptr_t bias, const void *headers,
				   size_t headers_count,
				   struct clinic_unwind_table **out)
{
	struct clinic_unwind_table *table = calloc(1, sizeof(*table));
	int error = table ? clinic_elf_layout_of_image(bias, headers,
						       headers_count,
						       &table->layout)
			  : -ENOMEM;

	*out = NULL;
	if (!error)
		error = compile_image(bias, table);
	if (error) {
		clinic_unwind_table_free(table);
		return error;
	}
	*out = table;
	return 0;
}

void clinic_unwind_table_free(struct clinic_unwind_table *table)
{
	if (table)
		free(table->rows);
	free(table);
}

void clinic_unwind_table_describe(const struct clinic_unwind_table *table,
				  struct clinic_unwind_facts *facts)
{
	*facts = table->facts;
}

static const struct clinic_unwind_row *
find_row(const struct clinic_unwind_row *row, size_t count, uint32_t pc)
{
	while (count > 1) {
		size_t half = count / 2;

		row += row[half].pc <= pc ? half : 0;
		count -= half;
	}
	return row;
}

static const struct clinic_unwind_row *find_padded(const struct padded *padded,
						   uint64_t address)
{
	if (address < padded->start || address >= padded->end)
		return NULL;
	return address >= padded->from && address < padded->to ? &row_of_padding
							       : &row_of_call;
}

const struct clinic_unwind_row *
clinic_unwind_table_find(const struct clinic_unwind_table *table,
			 uint64_t address)
{
	uint64_t pc = address - table->layout.base;
	const struct clinic_unwind_row *row = &row_of_nothing, *padded;

	if (pc <= UINT32_MAX)
		row = find_row(table->rows, table->facts.rows_count,
			       (uint32_t)pc);
	if (row->cfa_kind != CLINIC_CFA_NONE)
		return row;
	padded = find_padded(&table->init, address);
	if (!padded)
		padded = find_padded(&table->fini, address);
	return padded ? padded : row;
}

bool clinic_unwind_table_is_entry(const struct clinic_unwind_table *table,
				  uint64_t address)
{
	uint64_t entry = table->layout.entry;

	return entry && address - entry < ENTRY_CODE_BYTES &&
	       clinic_unwind_table_find(table, entry) ==
		       clinic_unwind_table_find(table, address);
}

int clinic_unwind_table_address(const struct clinic_unwind_table *table,
				uint64_t file_offset, uint64_t *address)
{
	for (size_t i = 0; i < table->layout.code_count; i++) {
		const struct clinic_elf_segment *s = &table->layout.code[i];

		if (file_offset - s->file_offset >= s->file_size)
			continue;
		*address = file_offset - s->file_offset + s->address;
		return 0;
	}
	return -ERANGE;
}

#define PAGE_BYTES UINT64_C(4096)

int clinic_unwind_table_offset(const struct clinic_unwind_table *table,
			       uint64_t address, uint64_t *file_offset)
{
	for (size_t i = 0; i < table->layout.code_count; i++) {
		const struct clinic_elf_segment *s = &table->layout.code[i];
		uint64_t end = s->address + s->file_size + PAGE_BYTES - 1;

		if (address < (s->address & -PAGE_BYTES) ||
		    address >= (end & -PAGE_BYTES))
			continue;
		*file_offset = address - s->address + s->file_offset;
		return 0;
	}
	return -ERANGE;
}

uint64_t clinic_unwind_table_base(const struct clinic_unwind_table *table)
{
	return table->layout.base;
}
