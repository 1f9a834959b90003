/*
 * symbols/generated_code.h - names for code that a program makes as it runs.
 *
 * Compilers of that kind (V8, HotSpot, LuaJIT, .NET) tell them in two ways:
 * a text file, /tmp/perf-PID.map, with a line "start size name" for each
 * function; or a jitdump, jit-PID.dump, with a record of each. Addresses are
 * used again, and neither says when one ended: of two functions that had an
 * address, the later one is believed.
 *
 * Hostile    time and memory grow with the size of the file, whatever it
 *            says; a damaged jitdump keeps the names before the damage.
 * Ownership  descriptors stay the caller's; they are read from the start.
 * Errors     0 or -errno: -EBADMSG not such a file.
 * Read next  symbols/symbol_table.h, where the names go; the jitdump
 *            specification in tools/perf/Documentation of the Linux sources.
 */
#ifndef CLINIC_SYMBOLS_GENERATED_CODE_H
#define CLINIC_SYMBOLS_GENERATED_CODE_H

#include "symbols/symbol_table.h"

struct clinic_generated_range {
	uint64_t start, end;
	uint64_t number; /* the program's own, of a jitdump */
	uint32_t name;   /* offset in table->strings */
};

/* What was read so far; all zero is nothing. */
struct clinic_generated_code {
	struct clinic_symbol_table *table;
	struct clinic_generated_range *ranges; /* in the order told */
	size_t count;
	size_t capacity;
};

int clinic_generated_read_map(struct clinic_generated_code *code, int fd);
int clinic_generated_read_dump(struct clinic_generated_code *code, int fd);
/* Moves all into the table, which is finished then, and frees the rest. */
int clinic_generated_finish(struct clinic_generated_code *code);

#endif
