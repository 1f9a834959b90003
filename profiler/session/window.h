/*
 * session/window.h - a session between two moments, to correlate with.
 *
 * All tables share one clock, so "what ran while memory grew" is: find the
 * moments in the metrics, keep what lies between them, and read it as any
 * other session. schema.c says of each table whether its rows have a time,
 * or are sums over the whole run: of those nothing is kept.
 */
#ifndef CLINIC_SESSION_WINDOW_H
#define CLINIC_SESSION_WINDOW_H

#include <stdint.h>

struct clinic_session;

/*
 * Keeps from_ns <= time < to_ns; CLOCK_MONOTONIC. Allocations and locks become
 * the sums of their changes: what was live when, and how large, is not in
 * them. 0 or -ENOMEM.
 */
int clinic_session_keep(struct clinic_session *session, uint64_t from_ns,
			uint64_t to_ns);

#endif
