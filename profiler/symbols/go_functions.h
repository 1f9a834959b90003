/*
 * symbols/go_functions.h - the table of functions of a Go program. The runtime
 * needs it, so a stripped program has it, too (go build -ldflags="-s -w").
 *
 *	.gopclntab  header ─► names
 *	                   ─► functab: address, offset ─► function: name, pcsp
 *	                   ─► pctab: how much of the stack a function has in use
 *
 * Format: the Go runtime's symtab.go, of Go 1.16 (2021) and later.
 *
 * Hostile    every offset is checked; a function that is damaged has no name
 *            and no steps.
 * Ownership  clinic_go_functions_close() frees; names belong to the table.
 * Errors     0 or -errno: -ENODATA when it is no Go program or of an older Go;
 *            -EFBIG when the table is absurdly large; -EBADMSG when damaged.
 * Read next  symbols/go_frames.h.
 */
#ifndef CLINIC_SYMBOLS_GO_FUNCTIONS_H
#define CLINIC_SYMBOLS_GO_FUNCTIONS_H

#include "foundation/byte_reader.h"
#include "symbols/elf_file.h"

struct clinic_go_functions {
	struct clinic_elf_bytes bytes; /* the section */
	uint64_t count;
	uint64_t text;         /* what addresses are relative to */
	uint64_t names;        /* offsets in bytes, as the next two */
	uint64_t steps, table; /* pctab and functab */
	uint8_t entry_bytes;   /* of an address or offset in functab */
	uint8_t flag_at;       /* in a function; 0: it has none */
	uint8_t quantum;       /* bytes of the shortest instruction */
};

struct clinic_go_function {
	uint64_t start, end;
	const char *name;         /* "" when it is damaged */
	struct byte_reader steps; /* see clinic_go_step_next() */
	bool is_outermost;        /* nothing calls this function */
	bool changes_stack;       /* the function changes to another stack */
};

int clinic_go_functions_open(const struct clinic_elf *elf,
			     struct clinic_go_functions *functions);
void clinic_go_functions_close(struct clinic_go_functions *functions);

void clinic_go_function_at(const struct clinic_go_functions *functions,
			   uint64_t index, struct clinic_go_function *function);

/* How much of the stack is in use from pc on, for a number of bytes of code. */
struct clinic_go_step {
	uint64_t pc;
	uint64_t code_bytes;
	int64_t stack_bytes;
};

/* At first, step is zero but for pc, the function's start. False: no more. */
bool clinic_go_step_next(const struct clinic_go_functions *functions,
			 struct clinic_go_function *function,
			 struct clinic_go_step *step);

#endif
