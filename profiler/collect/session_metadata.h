/*
 * collect/session_metadata.h - fill in a session's head: what was run, where,
 * and with which instrument.
 *
 * Errors     0 or -ENOMEM.
 * Read next  session/rows.h, struct clinic_session_metadata.
 */
#ifndef CLINIC_COLLECT_SESSION_METADATA_H
#define CLINIC_COLLECT_SESSION_METADATA_H

struct clinic_session;
struct clinic_source_facts;
struct clinic_target;

/* argv NULL: attached processes; their commands are read from /proc. */
int clinic_session_metadata_target(struct clinic_session *session,
				   char *const *argv,
				   const struct clinic_target *target);
int clinic_session_metadata_source(struct clinic_session *session,
				   const struct clinic_source_facts *facts);
int clinic_session_metadata_host(struct clinic_session *session);

#endif
