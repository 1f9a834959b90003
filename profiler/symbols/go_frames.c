/* Writes a .debug_frame section from the table of functions of a Go program. */
#include "symbols/go_frames.h"

#include <dwarf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/go_functions.h"

#define CIE_NUMBER     0xffffffffu
#define STACK_POINTER  7 /* rsp, as DWARF counts x86-64's registers */
#define FRAME_POINTER  6
#define RETURN_ADDRESS 16
#define WORD           8

/* The largest Go programs need 20 MB; a hostile table could use the steps of
 * one function for all. */
#define BYTES_MAX (128u << 20)
#define STEPS_MAX 65536u

/* A description grows in memory, and its length is filled in at its end. */
struct description {
	FILE *out;
	char *bytes;
	size_t size;
};

static void put(FILE *out, uint64_t number, size_t size)
{
	fwrite(&number, 1, size, out); /* little-endian, as the host */
}

static void put_uleb(FILE *out, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		fputc((int)(number & 0x7f) | 0x80, out);
	fputc((int)number, out);
}

/*
 * Writes the rules that hold in all functions before their first instruction.
 */
static void put_common(FILE *out)
{
	put(out, CIE_NUMBER, 4);
	put(out, 3, 1); /* version */
	put(out, 0, 1); /* no augmentation */
	put_uleb(out, 1);
	fputc(0x78, out); /* data is counted in -8, a signed number */
	put_uleb(out, RETURN_ADDRESS);
	fputc(DW_CFA_def_cfa, out);
	put_uleb(out, STACK_POINTER);
	put_uleb(out, WORD);
	fputc(DW_CFA_offset | RETURN_ADDRESS, out);
	put_uleb(out, 1);
}

/* A function that uses the stack begins by saving the frame pointer there. */
static void put_frame_pointer(FILE *out, bool is_saved)
{
	if (is_saved) {
		fputc(DW_CFA_offset | FRAME_POINTER, out);
		put_uleb(out, 2);
	} else {
		fputc(DW_CFA_same_value, out);
		put_uleb(out, FRAME_POINTER);
	}
}

static void put_function(FILE *out, const struct clinic_go_functions *functions,
			 struct clinic_go_function *function)
{
	struct clinic_go_step step = {.pc = function->start};
	uint32_t steps_count = 0;

	put(out, 0, 4); /* where its common part is */
	put(out, function->start, WORD);
	put(out, function->end - function->start, WORD);
	if (function->is_outermost || function->changes_stack) {
		fputc(DW_CFA_undefined, out);
		put_uleb(out, RETURN_ADDRESS);
	}
	if (function->changes_stack) {
		/*
		 * While the function is still on its caller's stack, there is
		 * no rule.
		 */
		fputc(DW_CFA_def_cfa_expression, out);
		put_uleb(out, 1);
		fputc(DW_OP_nop, out);
		return;
	}
	while (steps_count++ < STEPS_MAX &&
	       clinic_go_step_next(functions, function, &step)) {
		fputc(DW_CFA_def_cfa_offset, out);
		put_uleb(out, (uint64_t)step.stack_bytes + WORD);
		put_frame_pointer(out, step.stack_bytes > 0);
		fputc(DW_CFA_advance_loc4, out);
		put(out, step.code_bytes, 4);
	}
}

static int begin(struct description *description)
{
	*description = (struct description){0};
	description->out =
		open_memstream(&description->bytes, &description->size);
	return description->out ? 0 : -ENOMEM;
}

static int end(struct description *description, FILE *out)
{
	bool is_whole = !fclose(description->out);

	if (is_whole) {
		put(out, description->size, 4);
		fwrite(description->bytes, 1, description->size, out);
	}
	free(description->bytes);
	if (ftello(out) > (off_t)BYTES_MAX)
		return -EFBIG;
	return is_whole ? 0 : -ENOMEM;
}

static int describe_common(FILE *out)
{
	struct description description;
	int error = begin(&description);

	if (error)
		return error;
	put_common(description.out);
	return end(&description, out);
}

static int describe_function(FILE *out,
			     const struct clinic_go_functions *functions,
			     uint64_t index)
{
	struct clinic_go_function function;
	struct description description;
	int error;

	clinic_go_function_at(functions, index, &function);
	/* Assembly without a frame has no steps; a gap is no function. */
	if (function.end <= function.start || function.steps.failed)
		return 0;
	error = begin(&description);
	if (error)
		return error;
	put_function(description.out, functions, &function);
	return end(&description, out);
}

static int describe_all(const struct clinic_go_functions *functions,
			uint8_t **bytes, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	int error = out ? describe_common(out) : -ENOMEM;

	for (uint64_t i = 0; !error && i < functions->count; i++)
		error = describe_function(out, functions, i);
	if (out && fclose(out) && !error)
		error = -ENOMEM;
	if (error) {
		free(text);
		return error;
	}
	*bytes = (uint8_t *)text;
	return 0;
}

int clinic_go_frames_make(const struct clinic_elf *elf, uint8_t **bytes,
			  size_t *size)
{
	struct clinic_go_functions functions;
	int error;

	if (elf->header.e_machine != EM_X86_64)
		return -ENOTSUP;
	error = clinic_go_functions_open(elf, &functions);
	if (!error)
		error = describe_all(&functions, bytes, size);
	clinic_go_functions_close(&functions);
	return error;
}
