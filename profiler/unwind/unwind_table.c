#include "unwind/unwind_table.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unwind/byte_reader.h"
#include "unwind/cfi.h"
#include "unwind/elf_layout.h"
#include "unwind/machine_code.h"
#include "unwind/registers.h"
#include "unwind/unwind_row.h"

enum {
	/* The largest browsers have 30 MB of it. */
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

/* The functions found in a section, before their rows are made. */
struct functions {
	struct clinic_cfi_function *list;
	size_t count;
	size_t capacity;
};

/* Adding one function's rows. */
struct adding {
	struct clinic_unwind_table *table;
	uint64_t end; /* where the next function begins, if that is sooner */
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

static int grow(void **array, size_t *capacity, size_t item_size)
{
	size_t larger = *capacity ? *capacity * 2 : 64;
	void *grown = realloc(*array, larger * item_size);

	if (!grown)
		return -ENOMEM;
	*array = grown;
	*capacity = larger;
	return 0;
}

static int append_row(struct clinic_unwind_table *table, uint64_t address,
		      const struct clinic_unwind_row *row)
{
	size_t count = table->facts.rows_count;
	uint32_t pc = (uint32_t)(address - table->layout.base);

	if (count && table->rows[count - 1].pc == pc)
		count--; /* of no length */
	if (count && same_rule(&table->rows[count - 1], row)) {
		table->facts.rows_count = count;
		return 0;
	}
	if (count == table->rows_capacity) {
		void *rows = table->rows;
		int error = grow(&rows, &table->rows_capacity, sizeof(*row));

		table->rows = rows;
		if (error)
			return error;
	}
	table->rows[count] = *row;
	table->rows[count].pc = pc;
	table->facts.rows_count = count + 1;
	return 0;
}

static int add_row(void *context, uint64_t address,
		   const struct clinic_unwind_row *row)
{
	struct adding *adding = context;

	return address < adding->end ? append_row(adding->table, address, row)
				     : 0;
}

/* All or nothing: of a damaged function no row can be trusted. */
static int add_function(struct clinic_unwind_table *table,
			const struct clinic_cfi_section *section,
			const struct clinic_cfi_function *function,
			uint64_t end)
{
	size_t rows_before = table->facts.rows_count;
	struct adding adding = {.table = table, .end = end};
	int error = clinic_cfi_run(section, function, add_row, &adding);

	table->facts.functions_count++;
	if (error == -ENOMEM)
		return error;
	if (error) {
		table->facts.rows_count = rows_before;
		table->facts.damaged_functions_count++;
		error = append_row(table, function->start, &row_of_damage);
	}
	return error ? error : append_row(table, end, &row_of_nothing);
}

static int compare_functions(const void *left, const void *right)
{
	const struct clinic_cfi_function *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return (a->entry > b->entry) - (a->entry < b->entry);
}

static void sort_functions(struct functions *functions)
{
	for (size_t i = 1; i < functions->count; i++)
		if (compare_functions(&functions->list[i - 1],
				      &functions->list[i]) > 0) {
			qsort(functions->list, functions->count,
			      sizeof(*functions->list), compare_functions);
			return;
		}
}

/* Rows have 32 bits for an address; of discarded code it is zero. */
static bool is_in_reach(const struct clinic_unwind_table *table,
			const struct clinic_cfi_function *function)
{
	uint64_t base = table->layout.base;

	return function->size > 0 && function->start >= base &&
	       function->start + function->size - base <= UINT32_MAX;
}

static int keep_function(const struct clinic_unwind_table *table,
			 struct functions *functions,
			 const struct clinic_cfi_function *function)
{
	void *list = functions->list;
	int error = 0;

	if (!is_in_reach(table, function))
		return 0;
	if (functions->count == functions->capacity) {
		error = grow(&list, &functions->capacity, sizeof(*function));
		functions->list = list;
	}
	if (!error)
		functions->list[functions->count++] = *function;
	return error;
}

static int list_by_scanning(struct clinic_unwind_table *table,
			    const struct clinic_cfi_section *section,
			    struct functions *functions)
{
	struct clinic_cfi_function function;
	size_t at = 0;
	int found, error = 0;

	do {
		found = clinic_cfi_next(section, &at, &function);
		if (found == 1)
			error = keep_function(table, functions, &function);
		else if (found == -EBADMSG)
			table->facts.damaged_functions_count++;
	} while (!error && (found == 1 || found == -EBADMSG));
	if (found == -EILSEQ)
		table->facts.damaged_functions_count++;
	return error;
}

static int add_functions(struct clinic_unwind_table *table,
			 const struct clinic_cfi_section *section,
			 struct functions *functions)
{
	int error = append_row(table, table->layout.base, &row_of_nothing);

	sort_functions(functions);
	for (size_t i = 0; i < functions->count && !error; i++) {
		const struct clinic_cfi_function *f = &functions->list[i];
		uint64_t end = f->start + f->size;

		if (i + 1 < functions->count &&
		    functions->list[i + 1].start < end)
			end = functions->list[i + 1].start;
		if (end > f->start)
			error = add_function(table, section, f, end);
	}
	return error;
}

static void finish_table(struct clinic_unwind_table *table)
{
	struct clinic_unwind_facts *facts = &table->facts;
	void *rows =
		realloc(table->rows, facts->rows_count * sizeof(*table->rows));

	if (rows)
		table->rows = rows;
	for (size_t i = 0; i < facts->rows_count; i++)
		facts->unsupported_rows_count += table->rows[i].cfa_kind ==
						 CLINIC_CFA_UNSUPPORTED;
	facts->bytes =
		sizeof(*table) + facts->rows_count * sizeof(*table->rows);
}

/* Sections that yield nothing but damage are damaged as a whole. */
static int compile(struct clinic_unwind_table *table,
		   const struct clinic_cfi_section *section,
		   struct functions *functions)
{
	int error = add_functions(table, section, functions);

	if (error)
		return error;
	if (functions->count == 0)
		return table->facts.damaged_functions_count ? -EBADMSG
							    : -ENODATA;
	finish_table(table);
	return 0;
}

/* The caller frees what *bytes is then; NULL after an error. */
static int read_range(int fd, const struct clinic_elf_range *range,
		      uint8_t **bytes)
{
	int error;

	*bytes = NULL;
	if (range->size > SECTION_BYTES_MAX)
		return -EFBIG;
	*bytes = malloc(range->size);
	if (!*bytes)
		return -ENOMEM;
	error = clinic_elf_read_at(fd, *bytes, range->size, range->file_offset);
	if (error) {
		free(*bytes);
		*bytes = NULL;
	}
	return error == -EIO ? -EBADMSG : error;
}

static int compile_section(int fd, const struct clinic_elf_range *range,
			   bool is_debug_frame,
			   struct clinic_unwind_table *table)
{
	struct functions functions = {0};
	struct clinic_cfi_section section = {
		.size = range->size,
		.address = range->address,
		.is_debug_frame = is_debug_frame,
	};
	uint8_t *bytes;
	int error;

	if (range->size == 0)
		return -ENODATA;
	error = read_range(fd, range, &bytes);
	section.bytes = bytes;
	if (!error)
		error = list_by_scanning(table, &section, &functions);
	if (!error)
		error = compile(table, &section, &functions);
	free(functions.list);
	free(bytes);
	return error;
}

/*
 * The linker's search table, .eh_frame_hdr: in memory there is no telling
 * where .eh_frame ends, but this one knows each of its entries.
 */
struct index {
	struct byte_reader pairs; /* of 4 bytes: function, description */
	uint64_t count;
	uint64_t address; /* both are relative to it */
};

enum {
	INDEX_VERSION = 1,
	INDEX_POINTER_BYTES = 4,
	INDEX_COUNT_ENCODING = 0x03, /* udata4 */
	INDEX_PAIRS_ENCODING = 0x3b  /* sdata4, from the index */
};

static int read_index(const struct clinic_cfi_section *segment,
		      const struct clinic_elf_range *range, struct index *index)
{
	uint64_t offset = range->address - segment->address;
	const uint8_t *bytes = segment->bytes + offset;
	struct byte_reader r = {.at = bytes, .end = bytes + range->size};
	uint8_t version, count_encoding, pairs_encoding;

	version = read_u8(&r);
	skip_bytes(&r, 1); /* how .eh_frame's address is encoded: always so */
	count_encoding = read_u8(&r);
	pairs_encoding = read_u8(&r);
	skip_bytes(&r, INDEX_POINTER_BYTES);
	index->count = read_unsigned(&r, 4);
	index->address = range->address;
	index->pairs = r;
	if (r.failed || version != INDEX_VERSION ||
	    count_encoding != INDEX_COUNT_ENCODING ||
	    pairs_encoding != INDEX_PAIRS_ENCODING ||
	    index->count > bytes_left(&r) / 8)
		return -EBADMSG;
	return 0;
}

/* Entries that overlap could make a small file take forever. */
static int list_by_index(struct clinic_unwind_table *table,
			 const struct clinic_cfi_section *section,
			 struct index *index, struct functions *functions)
{
	struct clinic_cfi_function function;
	uint64_t entries_bytes = 0;
	int error = 0;

	for (uint64_t i = 0; i < index->count && !error; i++) {
		uint64_t entry;

		skip_bytes(&index->pairs, 4);
		entry = index->address +
			(uint64_t)read_signed(&index->pairs, 4) -
			section->address;
		if (clinic_cfi_at(section, (size_t)entry, &function) < 0) {
			table->facts.damaged_functions_count++;
			continue;
		}
		error = keep_function(table, functions, &function);
		entries_bytes += function.entry_size;
		if (entries_bytes > section->size)
			error = -EBADMSG;
	}
	return error;
}

/* bytes: what is, or would be, in memory of the index's segment. */
static int compile_by_index(const uint8_t *bytes,
			    struct clinic_unwind_table *table)
{
	const struct clinic_elf_range *segment =
		&table->layout.eh_frame_segment;
	const struct clinic_cfi_section section = {
		.bytes = bytes,
		.size = segment->size,
		.address = segment->address,
	};
	struct functions functions = {0};
	struct index index;
	int error = read_index(&section, &table->layout.eh_frame_index, &index);

	if (!error)
		error = list_by_index(table, &section, &index, &functions);
	if (!error)
		error = compile(table, &section, &functions);
	free(functions.list);
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
	int error = check_index(&table->layout);
	uintptr_t start = bias + table->layout.eh_frame_segment.address;

	return error ? error : compile_by_index((const uint8_t *)start, table);
}

/* Of a file that was stripped of its section headers, too. */
static int compile_segment(int fd, struct clinic_unwind_table *table)
{
	const struct clinic_elf_range *segment =
		&table->layout.eh_frame_segment;
	int error = check_index(&table->layout);
	uint8_t *bytes;

	if (error)
		return error;
	error = read_range(fd, segment, &bytes);
	if (!error)
		error = compile_by_index(bytes, table);
	free(bytes);
	return error;
}

static int read_padded(int fd, const struct clinic_elf_range *range,
		       struct padded *padded)
{
	uint8_t code[CLINIC_PADDED_BYTES_MAX];
	size_t from, to;
	int error;

	if (range->size == 0 || range->size > sizeof(code))
		return 0;
	error = clinic_elf_read_at(fd, code, range->size, range->file_offset);
	if (!error && clinic_code_is_padded(code, range->size, &from, &to))
		*padded = (struct padded){
			.start = range->address,
			.from = range->address + from,
			.to = range->address + to,
			.end = range->address + range->size,
		};
	return error == -EIO ? -EBADMSG : error;
}

int clinic_unwind_table_from_file(int fd, struct clinic_unwind_table **out)
{
	struct clinic_unwind_table *table = calloc(1, sizeof(*table));
	int error = table ? clinic_elf_layout_read(fd, &table->layout)
			  : -ENOMEM;

	*out = NULL;
	if (!error)
		error = compile_section(fd, &table->layout.eh_frame, false,
					table);
	if (error == -ENODATA)
		error = compile_section(fd, &table->layout.debug_frame, true,
					table);
	if (error == -ENODATA)
		error = compile_segment(fd, table);
	if (!error)
		error = read_padded(fd, &table->layout.init, &table->init);
	if (!error)
		error = read_padded(fd, &table->layout.fini, &table->fini);
	if (error) {
		clinic_unwind_table_free(table);
		return error;
	}
	*out = table;
	return 0;
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

void clinic_unwind_table_tell(const struct clinic_unwind_table *table,
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
