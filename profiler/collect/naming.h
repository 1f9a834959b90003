/*
 * collect/naming.h - stacks of addresses to stacks of named frames.
 *
 * Each unique address is looked up once, all of a module together. One
 * address may become several frames: the functions inlined there.
 *
 * Errors     0 or -errno. What has no name keeps its address: not an error,
 *            but a file that could not be opened gives a note with the reason.
 * Read next  symbols/symbols.h; session/session.h.
 */
#ifndef CLINIC_COLLECT_NAMING_H
#define CLINIC_COLLECT_NAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "symbols/symbols.h"

struct clinic_modules;
struct clinic_address_stacks;
struct clinic_session;

struct clinic_naming_options {
	bool use_debuginfod;
};

#define CLINIC_NAMING_NOTES_MAX 16 /* files that a note names */

struct clinic_naming_facts {
	/* Files whose build-id was not that of the mapping, and the like. */
	struct clinic_symbols_counts symbols;
	int kernel_error; /* why the kernel has no names; 0: it has */
	/* Files that could not be opened: the first are notes by now. */
	uint32_t unopened_count;
};

/*
 * *stack_ids, the caller's to free, has the session's stack for each of
 * raw's.
 */
int clinic_naming_run(const struct clinic_naming_options *options,
		      const struct clinic_modules *modules,
		      const struct clinic_address_stacks *raw,
		      struct clinic_session *session, uint32_t **stack_ids,
		      struct clinic_naming_facts *facts);

#endif
