/*
 * session/change_sums.h - changes of allocations and locks, added up.
 *
 * The exact sums of a session are of its whole time. For a part of the time,
 * the changes in that part are added up instead: one row for each stack, stage
 * and thread.
 *
 * Read next  window.h, the caller.
 */
#ifndef CLINIC_SESSION_CHANGE_SUMS_H
#define CLINIC_SESSION_CHANGE_SUMS_H

struct clinic_session;

/* Fills the tables of allocations and locks. Returns 0 or -errno. */
int clinic_change_sums_add(struct clinic_session *session);

#endif
