/*
 * unwind/rule_cache.h - remembers the rule by which a walk leaves the frame at
 * an address.
 *
 * There is one rule per slot. A new address replaces the one whose slot it
 * gets.
 *
 *	address --hash--> slot: address, version of the space, rule
 *	                    | the same address and version: this is the rule
 *	                    | otherwise: look it up in the module's table
 *
 * Private to this room. The functions are inline, because every frame of every
 * sample needs them.
 *
 * Ownership  the rule belongs to the unwinder, and is valid until the next
 *            call: a caller that looks up other rules in between makes a copy.
 * Read next  unwind/unwind_row.h, what a rule says.
 */
#ifndef CLINIC_UNWIND_RULE_CACHE_H
#define CLINIC_UNWIND_RULE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/address_space.h"
#include "unwind/unwound.h"
#include "unwind/unwind_row.h"

_Static_assert(sizeof(struct clinic_unwind_row) ==
		       sizeof(((struct clinic_unwind_cached *)0)->row),
	       "a cached row has the size of a row");

/* Looks up the rule in the tables, and stores it in that slot. */
void clinic_rule_cache_fill(struct clinic_unwind_cached *slot,
			    const struct clinic_space *space, uint64_t address);

/*
 * Is the instruction before this address a call? The code itself is read, which
 * may take a system call.
 */
bool clinic_rule_is_call_before(const struct clinic_space *space,
				uint64_t return_address);

static inline struct clinic_unwind_cached *
clinic_rule_cache_slot(struct clinic_unwinder *unwinder, uint64_t address)
{
	/* Fibonacci hashing: neighbouring addresses go to distant slots. */
	uint64_t hash = address * UINT64_C(0x9e3779b97f4a7c15);

	return &unwinder->cache[hash >> 32 & (CLINIC_UNWIND_CACHE - 1)];
}

/*
 * The rule for that address; if there is none, its cfa_kind is CLINIC_CFA_NONE.
 */
static inline struct clinic_unwind_row *
clinic_rule_cache_find(struct clinic_unwinder *unwinder,
		       const struct clinic_space *space, uint64_t address)
{
	struct clinic_unwind_cached *slot =
		clinic_rule_cache_slot(unwinder, address);
	uint64_t version = clinic_space_version(space);

	if (slot->pc == address && slot->space_version == version) {
		unwinder->cache_hits_count++;
	} else {
		unwinder->cache_misses_count++;
		clinic_rule_cache_fill(slot, space, address);
		slot->space_version = version;
	}
	return (struct clinic_unwind_row *)(void *)slot->row;
}

/* Does a call end right before this address? The slot remembers the answer. */
static inline bool
clinic_rule_is_return_address(struct clinic_unwinder *unwinder,
			      const struct clinic_space *space,
			      uint64_t address)
{
	struct clinic_unwind_row *row =
		clinic_rule_cache_find(unwinder, space, address - 1);

	if (!row->is_call_checked) {
		row->is_call_checked = 1;
		row->is_after_call = clinic_rule_is_call_before(space, address);
	}
	return row->is_after_call;
}

#endif
