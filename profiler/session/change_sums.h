/*
 * session/change_sums.h - changes of allocations and locks, added up.
 *
 * A part of the time has no exact sums of its own: those of the changes in it
 * stand in their place, one row for each stack, stage and thread.
 *
 * Read next  window.h, who needs that.
 */
#ifndef CLINIC_SESSION_CHANGE_SUMS_H
#define CLINIC_SESSION_CHANGE_SUMS_H

struct clinic_session;

/* Into the tables of allocations and locks. 0 or -errno. */
int clinic_change_sums_add(struct clinic_session *session);

#endif
