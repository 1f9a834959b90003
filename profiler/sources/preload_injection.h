/*
 * sources/preload_injection.h - prepares the loading of the preload library
 * into a target: makes a folder for what it writes, and the settings for its
 * environment.
 *
 *	clinic_preload_injection_open(&injection, library, "clinic-alloc-",
 *				      SETTING_ARENA_HANDOVER);
 *	clinic_preload_injection_set(&injection, SETTING_LIVE, SETTING_ON);
 *	... start the target with injection.settings ...
 *	clinic_preload_injection_close(&injection);
 *
 * Ownership  close removes the folder, unless a process still runs that has a
 *            file in it.
 * Errors     0 or -errno: the library cannot be read, or no folder can be made.
 *            After an error it must be closed, too.
 * Read next  shared_memory/settings.h; shared_folder.h.
 */
#ifndef CLINIC_SOURCES_PRELOAD_INJECTION_H
#define CLINIC_SOURCES_PRELOAD_INJECTION_H

#include <stddef.h>

#include "shared_memory/unseen_roll.h"
#include "sources/shared_folder.h"

#define CLINIC_INJECTION_SETTINGS_MAX 9

struct clinic_preload_injection {
	struct clinic_shared_folder folder;
	/* "NAME=value", ends with NULL. */
	char *settings[CLINIC_INJECTION_SETTINGS_MAX + 1];
	size_t settings_count;
};

/*
 * prefix: the beginning of the folder's name. handover: the setting that says
 * how a process that cannot use the folder sends us its memory. LD_PRELOAD
 * keeps its present libraries.
 */
int clinic_preload_injection_open(struct clinic_preload_injection *injection,
				  const char *library, const char *prefix,
				  const char *handover);

__attribute__((format(printf, 3, 4))) int
clinic_preload_injection_set(struct clinic_preload_injection *injection,
			     const char *name, const char *format, ...);

/* The processes that could not be observed; lengths in it are untrusted. */
void clinic_preload_injection_unseen(
	const struct clinic_preload_injection *injection,
	struct unseen_roll *unseen);

void clinic_preload_injection_close(struct clinic_preload_injection *injection);

#endif
