/*
 * collect/alloc_capture.h - the folder that a run leaves its arenas in.
 *
 * Ownership  the capture owns its folder and removes it.
 * Errors     0 or -errno.
 * Read next  collect/alloc_raw.h, which reads the folder.
 */
#ifndef CLINIC_COLLECT_ALLOC_CAPTURE_H
#define CLINIC_COLLECT_ALLOC_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#define CLINIC_ALLOC_SETTINGS_MAX 8

struct clinic_alloc_plan {
	const char *preload; /* libclinic-preload.so */
	bool with_alloc;     /* call sites, live blocks, peak, leaks */
	bool with_lock;
	uint64_t sample_bytes;   /* 0: every allocation */
	const char *no_alloc_in; /* stages, comma-separated; or NULL */
};

struct clinic_alloc_capture {
	struct clinic_alloc_plan plan;
	char *program;
	const char *unobservable; /* why, before the run; or NULL */
	char folder[64];
	char *settings[CLINIC_ALLOC_SETTINGS_MAX];
};

/* program: as given to execvp. */
int clinic_alloc_prepare(const struct clinic_alloc_plan *plan,
			 const char *program,
			 struct clinic_alloc_capture **capture);

/* "NAME=value", ends with NULL. */
char *const *clinic_alloc_settings(const struct clinic_alloc_capture *capture);

void clinic_alloc_free(struct clinic_alloc_capture *capture); /* NULL: fine */

#endif
