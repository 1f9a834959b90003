/*
 * collect/unnamed_code.h - find the file with most samples without names.
 *
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_COLLECT_UNNAMED_CODE_H
#define CLINIC_COLLECT_UNNAMED_CODE_H

#include <stdint.h>

struct clinic_session;

struct clinic_unnamed_code {
	uint64_t samples_count; /* whose innermost function has no name */
	uint32_t library_id;    /* that has most of them */
};

/* The session must have all its samples; the kernel is left out. */
int clinic_unnamed_code_find(const struct clinic_session *session,
			     struct clinic_unnamed_code *unnamed);

#endif
