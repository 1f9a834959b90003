/*
 * collect/naming.h - stacks of addresses to stacks of named frames.
 *
 * Each unique address is looked up once, all new ones of a module together,
 * and files stay open for the next time. One address may become several
 * frames: the functions inlined there.
 *
 * Errors     0 or -errno. It is no error if an address has no name: the frame
 *            keeps its address, and a file that could not be opened gives a
 *            note with the reason.
 * Read next  symbols/symbols.h; session/session.h.
 */
#ifndef CLINIC_COLLECT_NAMING_H
#define CLINIC_COLLECT_NAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/naming_files.h"
#include "symbols/symbols.h"

struct clinic_modules;
struct clinic_address_stacks;
struct clinic_session;

struct clinic_naming_options {
	bool use_debuginfod;
};

struct clinic_naming_facts {
	/* Files whose build-id was not that of the mapping, and the like. */
	struct clinic_symbols_counts symbols;
	int kernel_error; /* why the kernel has no names; 0: it has */
	/* Files that could not be opened; the first of them have notes. */
	uint32_t unopened_count;
};

struct clinic_naming;

/* modules and session outlive it. */
int clinic_naming_new(const struct clinic_naming_options *options,
		      const struct clinic_modules *modules,
		      struct clinic_session *session,
		      struct clinic_naming **naming);
void clinic_naming_free(struct clinic_naming *naming); /* NULL: fine */

/*
 * Names the raw stacks that were added since the last call. stack_ids maps each
 * raw stack to the session's, and is valid until the next call. After an error,
 * it is 0 for stacks that are not named yet, or NULL when memory is short.
 */
int clinic_naming_update(struct clinic_naming *naming,
			 const struct clinic_address_stacks *raw,
			 const uint32_t **stack_ids);
/*
 * To be called when the raw stacks have got other numbers, and the session's
 * frames and stacks are forgotten.
 */
void clinic_naming_forget(struct clinic_naming *naming);
/* To be called after clinic_modules_forget(), which has changed kept[]. */
void clinic_naming_forget_modules(struct clinic_naming *naming,
				  const uint32_t *kept);

void clinic_naming_facts_get(const struct clinic_naming *naming,
			     struct clinic_naming_facts *facts);

#endif
