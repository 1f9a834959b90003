/*
 * symbols/generated_code.h - names for code that a program makes as it runs.
 *
 *	clinic_generated_add(&code, &range, name, name_bytes);	many times
 *	clinic_generated_finish(&code);				once
 *
 * Addresses are used again, and no record says when a function ended: of two
 * functions at one address, the one that was added later counts.
 *
 * Errors     0 or -errno: -EBADMSG more functions than any program makes.
 * Read next  symbols/perf_map.h and symbols/jitdump.h, which add them;
 *            symbols/symbol_table.h, where the names go.
 */
#ifndef CLINIC_SYMBOLS_GENERATED_CODE_H
#define CLINIC_SYMBOLS_GENERATED_CODE_H

#include "symbols/symbol_table.h"

struct clinic_generated_range {
	uint64_t start, end;
	uint64_t number; /* the program's own, of a jitdump */
	uint32_t name;   /* offset in table->strings */
};

/* The functions read so far. A zeroed struct has none. */
struct clinic_generated_code {
	struct clinic_symbol_table *table;
	struct clinic_generated_range *ranges; /* as they were added */
	size_t count;
	size_t capacity;
};

/* This function sets range->name. */
int clinic_generated_add(struct clinic_generated_code *code,
			 const struct clinic_generated_range *range,
			 const char *name, size_t name_bytes);
/* Moves all functions into the table, finishes it, and frees the rest. */
int clinic_generated_finish(struct clinic_generated_code *code);

#endif
