/* Reads a line table: its header, and the program that makes the rows. */
#include "symbols/line_table.h"

#include <dwarf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "symbols/line_names.h"
#include "foundation/byte_reader.h"
#include "foundation/growing_array.h"

/* The fields of the header that the program needs. */
struct header {
	bool is_64bit; /* offsets take 8 bytes */
	uint8_t minimum_bytes;
	int8_t line_base;
	uint8_t line_range;
	uint8_t opcode_base;
	const uint8_t *operand_counts; /* of opcodes 1 to opcode_base - 1 */
};

/* One run of the program. */
struct machine {
	struct clinic_line_table *table;
	const struct clinic_elf *binary;
	struct header header;
	uint64_t address;
	uint64_t line;
	uint64_t file;
	size_t first;   /* row of the sequence being made */
	bool is_broken; /* its addresses went backwards */
};

/*
 * Is the row superfluous after the row before it? A row before it that has no
 * code is replaced.
 */
static bool is_needless(struct machine *machine,
			const struct clinic_line_row *row)
{
	const struct clinic_line_table *table = machine->table;
	struct clinic_line_row *last;

	if (table->rows_count == machine->first)
		return false;
	last = &table->rows[table->rows_count - 1];
	if (row->address < last->address)
		machine->is_broken = true;
	if (row->address == last->address) {
		*last = *row;
		return true;
	}
	return row->file == last->file && row->line == last->line;
}

static int add_row(struct machine *machine)
{
	struct clinic_line_table *table = machine->table;
	const struct clinic_line_row row = {machine->address,
					    (uint32_t)machine->file,
					    (uint32_t)machine->line};
	struct clinic_line_row *grown;

	if (is_needless(machine, &row))
		return 0;
	if (table->rows_count == table->rows_max)
		return -EFBIG;
	grown = clinic_grow(table->rows, table->rows_count,
			    &table->rows_capacity, sizeof(row));
	if (!grown)
		return -ENOMEM;
	table->rows = grown;
	table->rows[table->rows_count++] = row;
	return 0;
}

static int keep_sequence(struct machine *machine)
{
	struct clinic_line_table *table = machine->table;
	struct clinic_line_sequence *grown =
		clinic_grow(table->sequences, table->sequences_count,
			    &table->sequences_capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	table->sequences = grown;
	grown[table->sequences_count] = (struct clinic_line_sequence){
		machine->first, table->rows_count - machine->first,
		machine->address};
	return clinic_range_index_add(
		&table->ranges, table->rows[machine->first].address,
		machine->address, (uint32_t)table->sequences_count++);
}

static void start_sequence(struct machine *machine)
{
	machine->first = machine->table->rows_count;
	machine->is_broken = false;
	machine->address = 0;
	machine->file = 1;
	machine->line = 1;
}

static bool is_sound(const struct machine *machine)
{
	const struct clinic_line_table *table = machine->table;

	return table->rows_count > machine->first && !machine->is_broken &&
	       table->rows[table->rows_count - 1].address <= machine->address &&
	       clinic_elf_is_code(machine->binary,
				  table->rows[machine->first].address);
}

static int end_sequence(struct machine *machine)
{
	int error = 0;

	if (is_sound(machine))
		error = keep_sequence(machine);
	else
		machine->table->rows_count = machine->first;
	start_sequence(machine);
	return error;
}

static int run_extended(struct machine *machine, struct byte_reader *reader)
{
	uint64_t size = read_uleb(reader);
	struct byte_reader operands = {.at = read_bytes(reader, size)};

	if (!operands.at || !size)
		return reader->failed ? -EBADMSG : 0;
	operands.end = operands.at + size;
	switch (read_u8(&operands)) {
	case DW_LNE_end_sequence:
		return end_sequence(machine);
	case DW_LNE_set_address:
		if (size - 1 > sizeof(uint64_t))
			return -EBADMSG;
		machine->address = read_unsigned(&operands, size - 1);
		return 0;
	default: /* discriminators, and DW_LNE_define_file, which is unused */
		return 0;
	}
}

static int run_special(struct machine *machine, uint8_t opcode)
{
	const struct header *header = &machine->header;
	unsigned int step = (unsigned int)opcode - header->opcode_base;
	int lines = header->line_base + (int)(step % header->line_range);

	machine->address +=
		(uint64_t)(step / header->line_range) * header->minimum_bytes;
	machine->line += (uint64_t)(int64_t)lines;
	return add_row(machine);
}

static int run_standard(struct machine *machine, struct byte_reader *reader,
			uint8_t opcode)
{
	const struct header *header = &machine->header;

	switch (opcode) {
	case DW_LNS_copy:
		return add_row(machine);
	case DW_LNS_advance_pc:
		machine->address += read_uleb(reader) * header->minimum_bytes;
		return 0;
	case DW_LNS_advance_line:
		machine->line += (uint64_t)read_sleb(reader);
		return 0;
	case DW_LNS_set_file:
		machine->file = read_uleb(reader);
		return 0;
	case DW_LNS_const_add_pc:
		machine->address += (uint64_t)((255U - header->opcode_base) /
					       header->line_range) *
				    header->minimum_bytes;
		return 0;
	case DW_LNS_fixed_advance_pc:
		machine->address += read_unsigned(reader, 2);
		return 0;
	default: /* columns, marks, and opcodes of the future */
		for (unsigned int i = header->operand_counts[opcode - 1]; i;
		     i--)
			read_uleb(reader);
		return 0;
	}
}

static int run_program(struct machine *machine, struct byte_reader *reader)
{
	int error = 0;

	start_sequence(machine);
	while (!error && !reader->failed && bytes_left(reader)) {
		uint8_t opcode = read_u8(reader);

		if (opcode >= machine->header.opcode_base)
			error = run_special(machine, opcode);
		else if (opcode)
			error = run_standard(machine, reader, opcode);
		else
			error = run_extended(machine, reader);
	}
	/*
	 * Rows after the last end of a sequence have no end, and are dropped.
	 */
	machine->table->rows_count = machine->first;
	clinic_range_index_sort(&machine->table->ranges);
	return !error && reader->failed ? -EBADMSG : error;
}

/* Leaves reader at the lists of names, ending where the table ends. */
static int read_header(struct clinic_line_table *table,
		       struct byte_reader *reader, struct header *header,
		       const uint8_t **program)
{
	uint64_t size = read_unsigned(reader, 4);

	header->is_64bit = size == UINT32_MAX;
	if (header->is_64bit)
		size = read_unsigned(reader, 8);
	if (reader->failed || size > bytes_left(reader))
		return -EBADMSG;
	reader->end = reader->at + size;
	table->names.version = (unsigned int)read_unsigned(reader, 2);
	if (table->names.version < 2 || table->names.version > 5)
		return -EBADMSG;
	if (table->names.version == 5)
		skip_bytes(reader, 2); /* sizes of addresses and segments */
	size = read_unsigned(reader, header->is_64bit ? 8 : 4);
	if (reader->failed || size > bytes_left(reader))
		return -EBADMSG;
	*program = reader->at + size;
	header->minimum_bytes = read_u8(reader);
	if (table->names.version >= 4)
		skip_bytes(reader, 1); /* operations of a VLIW instruction */
	skip_bytes(reader, 1);         /* whether rows begin statements */
	header->line_base = (int8_t)read_u8(reader);
	header->line_range = read_u8(reader);
	header->opcode_base = read_u8(reader);
	if (reader->failed || !header->line_range || !header->opcode_base)
		return -EBADMSG;
	header->operand_counts =
		read_bytes(reader, header->opcode_base - UINT64_C(1));
	return reader->failed ? -EBADMSG : 0;
}

int clinic_line_table_read(struct clinic_line_table *table,
			   const struct clinic_line_sections *sections,
			   uint64_t offset, const char *compiled_in,
			   const struct clinic_elf *binary, size_t rows_max)
{
	struct machine machine = {.table = table, .binary = binary};
	struct byte_reader reader = {0};
	const uint8_t *program;
	int error;

	if (offset >= sections->line.size)
		return -EBADMSG;
	table->compiled_in = compiled_in;
	table->rows_max = rows_max;
	reader.at = sections->line.bytes + offset;
	reader.end = sections->line.bytes + sections->line.size;
	error = read_header(table, &reader, &machine.header, &program);
	if (error)
		return error;
	error = clinic_line_names_read(&table->names, sections,
				       machine.header.is_64bit, &reader);
	if (error)
		return error;
	reader.at = program;
	return run_program(&machine, &reader);
}

const struct clinic_line_row *
clinic_line_table_find(const struct clinic_line_table *table, uint64_t address,
		       uint64_t *end)
{
	const struct clinic_line_sequence *sequence;
	const struct clinic_line_row *rows;
	size_t low = 0, high;
	uint32_t at;

	if (clinic_range_index_find(&table->ranges, address, &at))
		return NULL;
	sequence = &table->sequences[at];
	rows = table->rows + sequence->first;
	high = sequence->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*end = low < sequence->count ? rows[low].address : sequence->end;
	return low ? &rows[low - 1] : NULL;
}

static char *join(const char *folder, const char *name)
{
	char *path;

	if (*name == '/' || !folder || !*folder)
		return strdup(name);
	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/*
 * A relative folder is below the folder of the compilation. If that one is
 * relative, too, it was rewritten for a package (-ffile-prefix-map), and
 * joining the two would name a file that never existed.
 */
static char *make_path(const struct clinic_line_table *table,
		       const struct clinic_line_file *file)
{
	const char *top = table->compiled_in;
	const char *folder = file->folder < table->names.folders_count
				     ? table->names.folders[file->folder]
				     : "";
	char *below = join(folder, file->name);
	char *path;

	if (!below || *below == '/' || !top || (*top != '/' && *folder))
		return below;
	path = join(top, below);
	free(below);
	return path;
}

const char *clinic_line_table_file(struct clinic_line_table *table,
				   uint64_t number)
{
	struct clinic_line_file *file;

	if (number >= table->names.files_count)
		return NULL;
	file = &table->names.files[number];
	if (!*file->name)
		return NULL;
	if (!file->path)
		file->path = make_path(table, file);
	return file->path;
}

uint64_t clinic_line_table_bytes(const struct clinic_line_table *table)
{
	return table->rows_capacity * sizeof(*table->rows) +
	       table->sequences_capacity * sizeof(*table->sequences) +
	       table->ranges.capacity * sizeof(*table->ranges.ranges) +
	       table->names.files_count * sizeof(*table->names.files);
}

void clinic_line_table_clear(struct clinic_line_table *table)
{
	for (size_t i = 0; i < table->names.files_count; i++)
		free(table->names.files[i].path);
	free(table->names.files);
	free(table->names.folders);
	free(table->rows);
	free(table->sequences);
	clinic_range_index_clear(&table->ranges);
	*table = (struct clinic_line_table){0};
}
