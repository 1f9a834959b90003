/* Reads the table of functions that the runtime of Go keeps in the file. */
#include "symbols/go_functions.h"

#include <errno.h>
#include <stdlib.h>

#include "symbols/section_stream.h"

#define SECTION_BYTES_MAX (UINT64_C(512) << 20)

#define MAGIC_1_16 0xfffffffau
#define MAGIC_1_18 0xfffffff0u
#define MAGIC_1_20 0xfffffff1u

#define WORD 8

/* The words of the header, which follow its first eight bytes. */
enum { COUNT, FILES, TEXT, NAMES, UNITS, FILE_NAMES, STEPS, TABLE };

/* The numbers of a function, four bytes each, which follow its address. */
enum { NAME, ARGUMENTS, DEFERRED, STACK_STEPS };

/* The runtime's flags TOPFRAME and SPWRITE. */
#define FLAG_OUTERMOST     1
#define FLAG_CHANGES_STACK 2

static struct byte_reader reader_at(const struct clinic_go_functions *functions,
				    uint64_t offset)
{
	struct byte_reader r = {functions->bytes.bytes,
				functions->bytes.bytes + functions->bytes.size,
				false};

	skip_bytes(&r, offset);
	return r;
}

static uint64_t number_at(const struct clinic_go_functions *functions,
			  uint64_t offset, size_t size)
{
	struct byte_reader r = reader_at(functions, offset);

	return read_unsigned(&r, size);
}

static uint64_t header_word(const struct clinic_go_functions *functions,
			    unsigned int word)
{
	return number_at(functions, WORD + WORD * (uint64_t)word, WORD);
}

/*
 * In executables that are relocated at their start, the loader fills this
 * address in.
 */
static uint64_t find_text(const struct clinic_elf *elf, uint64_t said)
{
	const struct clinic_elf_section *text =
		clinic_elf_section(elf, ".text");

	return said || !text ? said : text->address;
}

/* Before Go 1.18, the start of the code is missing and addresses are whole. */
static void read_old_header(struct clinic_go_functions *functions)
{
	functions->names = header_word(functions, NAMES - 1);
	functions->steps = header_word(functions, STEPS - 1);
	functions->table = header_word(functions, TABLE - 1);
	functions->entry_bytes = WORD;
}

static int read_header(const struct clinic_elf *elf,
		       struct clinic_go_functions *functions)
{
	uint32_t magic = (uint32_t)number_at(functions, 0, 4);

	functions->quantum = (uint8_t)number_at(functions, 6, 1);
	if (number_at(functions, 7, 1) != WORD)
		return -ENODATA;
	functions->count = header_word(functions, COUNT);
	if (magic == MAGIC_1_16) {
		read_old_header(functions);
		return 0;
	}
	if (magic != MAGIC_1_18 && magic != MAGIC_1_20)
		return -ENODATA;
	functions->text = find_text(elf, header_word(functions, TEXT));
	functions->names = header_word(functions, NAMES);
	functions->steps = header_word(functions, STEPS);
	functions->table = header_word(functions, TABLE);
	functions->entry_bytes = 4;
	functions->flag_at = magic == MAGIC_1_20 ? 41 : 37;
	return 0;
}

static int check(const struct clinic_go_functions *functions)
{
	uint64_t size = functions->bytes.size;
	uint64_t row = 2 * (uint64_t)functions->entry_bytes;

	if (functions->names > size || functions->steps > size ||
	    functions->table > size ||
	    functions->count >= (size - functions->table) / row)
		return -EBADMSG;
	return 0;
}

int clinic_go_functions_open(const struct clinic_elf *elf,
			     struct clinic_go_functions *functions)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(elf, ".gopclntab");
	int error;

	*functions = (struct clinic_go_functions){0};
	if (!section)
		section = clinic_elf_section(elf, ".data.rel.ro.gopclntab");
	if (!section)
		return -ENODATA;
	if (section->size_bytes > SECTION_BYTES_MAX)
		return -EFBIG;
	error = clinic_elf_read_section(elf, section, &functions->bytes);
	if (!error)
		error = read_header(elf, functions);
	if (!error)
		error = check(functions);
	if (error)
		clinic_go_functions_close(functions);
	return error;
}

void clinic_go_functions_close(struct clinic_go_functions *functions)
{
	free(functions->bytes.bytes);
	*functions = (struct clinic_go_functions){0};
}

static uint64_t table_entry(const struct clinic_go_functions *functions,
			    uint64_t entry)
{
	return number_at(functions,
			 functions->table + entry * functions->entry_bytes,
			 functions->entry_bytes);
}

static uint64_t field(const struct clinic_go_functions *functions,
		      uint64_t function, unsigned int number)
{
	return number_at(
		functions,
		function + functions->entry_bytes + UINT64_C(4) * number, 4);
}

void clinic_go_function_at(const struct clinic_go_functions *functions,
			   uint64_t index, struct clinic_go_function *function)
{
	uint64_t at = functions->table + table_entry(functions, 2 * index + 1);
	uint64_t flags = 0, steps = field(functions, at, STACK_STEPS);
	struct byte_reader name = reader_at(
		functions, functions->names + field(functions, at, NAME));

	*function = (struct clinic_go_function){
		.start = functions->text + table_entry(functions, 2 * index),
		.end = functions->text + table_entry(functions, 2 * index + 2),
		.name = read_text(&name),
		.steps = reader_at(functions, functions->steps + steps),
	};
	if (functions->flag_at)
		flags = number_at(functions, at + functions->flag_at, 1);
	function->is_outermost = flags & FLAG_OUTERMOST;
	function->changes_stack = flags & FLAG_CHANGES_STACK;
	function->steps.failed |= !steps;
}

/* A step is two numbers: how the value changes, and for how many bytes. */
bool clinic_go_step_next(const struct clinic_go_functions *functions,
			 struct clinic_go_function *function,
			 struct clinic_go_step *step)
{
	bool is_first = !step->code_bytes;
	uint64_t change = read_uleb(&function->steps);
	uint64_t length = read_uleb(&function->steps) * functions->quantum;

	if (function->steps.failed || (!change && !is_first) || !length)
		return false;
	if (is_first)
		step->stack_bytes = -1;
	step->pc += step->code_bytes;
	step->code_bytes = length;
	step->stack_bytes +=
		(int64_t)(change & 1 ? ~(change >> 1) : change >> 1);
	return step->stack_bytes >= 0 && step->pc < function->end;
}
