/*
 * session/window.h - the part of a session between two moments.
 *
 * All tables share one clock. To see what ran while memory grew, find the two
 * moments in the metrics, keep what lies between them, and read the result
 * like any other session. schema.c says for each table whether its rows have a
 * time; rows that are sums over the whole run are removed.
 */
#ifndef CLINIC_SESSION_WINDOW_H
#define CLINIC_SESSION_WINDOW_H

#include <stdint.h>

struct clinic_session;

/*
 * Keeps from_ns <= time < to_ns, which are times of CLOCK_MONOTONIC.
 * Allocations and locks become the sums of their changes, which contain no
 * peaks, live bytes or sizes. Returns 0 or -ENOMEM.
 */
int clinic_session_keep(struct clinic_session *session, uint64_t from_ns,
			uint64_t to_ns);

#endif
