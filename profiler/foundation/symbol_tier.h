/*
 * foundation/symbol_tier.h - where a name came from.
 *
 * The numbers stand in session files: a new one is added at the end.
 */
#ifndef CLINIC_FOUNDATION_SYMBOL_TIER_H
#define CLINIC_FOUNDATION_SYMBOL_TIER_H

#include <stdbool.h>

/* The best comes first, but for none. */
enum clinic_tier {
	CLINIC_TIER_NONE,      /* not named: the address is all there is */
	CLINIC_TIER_DWARF,     /* debug information: inlines, files, lines */
	CLINIC_TIER_SYMTAB,    /* .symtab of the file or its debug file */
	CLINIC_TIER_DYNSYM,    /* .dynsym: exported names only */
	CLINIC_TIER_MINIDEBUG, /* .gnu_debugdata */
	CLINIC_TIER_PLT,       /* the stub's target */
	CLINIC_TIER_VDSO,
	CLINIC_TIER_KERNEL,   /* kallsyms */
	CLINIC_TIER_FDE,      /* grouped by function, but not named */
	CLINIC_TIER_IMPORTED, /* another tool named it */
	CLINIC_TIER_JIT,      /* a perf map or jitdump of generated code */
	CLINIC_TIERS
};

/* "dwarf", "symtab", ... as sessions and reports have it. */
const char *clinic_tier_name(enum clinic_tier tier);

/* Whether a report may call the address symbolised: neither fde nor none. */
bool clinic_tier_is_name(enum clinic_tier tier);

#endif
