/*
 * collect/unseen_processes.h - notes on processes that were not observed.
 *
 * Errors     0 or -errno, of adding to the session.
 * Read next  shared_memory/unseen_roll.h, in which they are listed.
 */
#ifndef CLINIC_COLLECT_UNSEEN_PROCESSES_H
#define CLINIC_COLLECT_UNSEEN_PROCESSES_H

#include "shared_memory/unseen_roll.h"

struct clinic_session;

/* missing: what is not recorded of them, such as "samples and stages". */
int clinic_unseen_note(struct clinic_session *session,
		       const struct unseen_roll *unseen, const char *missing);

#endif
