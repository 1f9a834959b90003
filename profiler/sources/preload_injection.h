/*
 * sources/preload_injection.h - what it takes to have the preload library in a
 * target: a folder for what it writes, and settings in its environment.
 *
 *	clinic_preload_injection_open(&injection, library, "clinic-alloc-");
 *	clinic_preload_injection_set(&injection, SETTING_LIVE, SETTING_ON);
 *	... start the target with injection.settings ...
 *	clinic_preload_injection_close(&injection);
 *
 * Ownership  close removes the folder, unless that was done or it was left.
 * Errors     0 or -errno: the library cannot be read, no folder can be made.
 *            After an error it is to be closed, too.
 * Read next  shared_memory/settings.h; shared_folder.h.
 */
#ifndef CLINIC_SOURCES_PRELOAD_INJECTION_H
#define CLINIC_SOURCES_PRELOAD_INJECTION_H

#include <stddef.h>

#include "sources/shared_folder.h"

#define CLINIC_INJECTION_SETTINGS_MAX 8

struct clinic_preload_injection {
	struct clinic_shared_folder folder;
	/* "NAME=value", ends with NULL. */
	char *settings[CLINIC_INJECTION_SETTINGS_MAX + 1];
	size_t settings_count;
};

/* prefix: of the folder's name. LD_PRELOAD keeps what it has here. */
int clinic_preload_injection_open(struct clinic_preload_injection *injection,
				  const char *library, const char *prefix);

__attribute__((format(printf, 3, 4))) int
clinic_preload_injection_set(struct clinic_preload_injection *injection,
			     const char *name, const char *format, ...);

void clinic_preload_injection_close(struct clinic_preload_injection *injection);

#endif
