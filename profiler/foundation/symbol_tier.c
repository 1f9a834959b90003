/* Names the tiers of symbols. */
#include "foundation/symbol_tier.h"

const char *clinic_tier_name(enum clinic_tier tier)
{
	static const char *const names[CLINIC_TIERS] = {
		[CLINIC_TIER_NONE] = "none",
		[CLINIC_TIER_DWARF] = "dwarf",
		[CLINIC_TIER_SYMTAB] = "symtab",
		[CLINIC_TIER_DYNSYM] = "dynsym",
		[CLINIC_TIER_MINIDEBUG] = "minidebug",
		[CLINIC_TIER_PLT] = "plt",
		[CLINIC_TIER_VDSO] = "vdso",
		[CLINIC_TIER_KERNEL] = "kernel",
		[CLINIC_TIER_FDE] = "fde",
		[CLINIC_TIER_IMPORTED] = "imported",
		[CLINIC_TIER_JIT] = "jit",
	};

	return names[tier];
}

bool clinic_tier_is_name(enum clinic_tier tier)
{
	return tier != CLINIC_TIER_NONE && tier != CLINIC_TIER_FDE;
}
