/*
 * collect/unseen_processes.h - notes on the processes that nobody observed.
 *
 * Errors     0 or -errno, of adding to the session.
 * Read next  shared_memory/unseen_roll.h, where they say so.
 */
#ifndef CLINIC_COLLECT_UNSEEN_PROCESSES_H
#define CLINIC_COLLECT_UNSEEN_PROCESSES_H

#include "shared_memory/unseen_roll.h"

struct clinic_session;

/* missing: what such a process lacks, "samples and stages", say. */
int clinic_unseen_note(struct clinic_session *session,
		       const struct unseen_roll *unseen, const char *missing);

#endif
