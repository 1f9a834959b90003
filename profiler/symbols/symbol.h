/*
 * symbols/symbol.h - what is known about an address, and from which source.
 *
 * These are the types that this whole folder shares: a symbol, a range of code,
 * a line, and the counts of answers and refusals.
 *
 * Addresses  ELF virtual addresses, end exclusive.
 * Ownership  strings live until the callback that got them returns.
 * Read next  symbols/symbols.h and symbols/source_lines.h, which give them.
 */
#ifndef CLINIC_SYMBOLS_SYMBOL_H
#define CLINIC_SYMBOLS_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/symbol_tier.h"
#include "symbols/build_id.h"

/* One function at an address. */
struct clinic_symbols_frame {
	const char *function;     /* demangled; never NULL */
	const char *file;         /* of line; NULL: not known */
	uint32_t line;            /* being executed, or of the call; 0: none */
	const char *defined_file; /* of defined_line; NULL: not known */
	uint32_t defined_line;    /* where the function is defined; 0: none */
	uint64_t start;           /* its first address; of the inlined copy */
	bool is_inline;
};

struct clinic_symbols_symbol {
	enum clinic_tier tier;
	size_t frames_count; /* 0 for CLINIC_TIER_NONE */
	/* Innermost first: inlined callees, then the real function last. */
	const struct clinic_symbols_frame *frames;
};

typedef void
clinic_symbols_on_symbol(void *context, size_t index,
			 const struct clinic_symbols_symbol *symbol);

/* One contiguous range of a function; cold parts are ranges of their own. */
struct clinic_symbols_range {
	const char *function; /* demangled */
	uint64_t start;
	uint64_t end;
	bool is_inline; /* the range is a copy inside another function */
};

typedef void clinic_symbols_on_range(void *context,
				     const struct clinic_symbols_range *range);

/* The code from start to end belongs to that line. */
struct clinic_symbols_line {
	uint64_t start;
	uint64_t end;
	const char *file; /* NULL: not known */
	uint32_t line;    /* 0: the compiler's own code */
};

typedef void clinic_symbols_on_line(void *context,
				    const struct clinic_symbols_line *line);

/* What was refused and what was answered, since clinic_symbols_new. */
struct clinic_symbols_counts {
	uint64_t tier_count[CLINIC_TIERS]; /* addresses */
	uint64_t build_id_mismatch_count;  /* files not used */
	uint64_t crc_mismatch_count;       /* .gnu_debuglink files */
	uint64_t damaged_count;       /* files, tables, units: read in part */
	uint64_t too_large_count;     /* debug files, see memory_bytes_max */
	uint64_t split_missing_count; /* units without their .dwo file */
};

#endif
