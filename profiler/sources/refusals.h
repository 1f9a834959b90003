/*
 * sources/refusals.h - which instruments do not work here, and why.
 *
 * Code that tries a backend adds each refusal to this list. The session keeps
 * the list, and `clinic doctor` prints it with the commands that would help.
 */
#ifndef CLINIC_SOURCES_REFUSALS_H
#define CLINIC_SOURCES_REFUSALS_H

#include <stddef.h>

#define CLINIC_REFUSALS_MAX 16

struct clinic_refusals {
	size_t count;
	struct {
		const char *tried; /* a literal: "perf cycles" */
		int errno_number;
		char advice[160]; /* what would allow it; may be "" */
	} rows[CLINIC_REFUSALS_MAX];
};

/* error: an errno number. Refusals above CLINIC_REFUSALS_MAX are dropped. */
void clinic_refusals_add(struct clinic_refusals *refusals, const char *tried,
			 int error, const char *advice, ...)
	__attribute__((format(printf, 4, 5)));

#endif
