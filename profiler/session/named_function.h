/*
 * session/named_function.h - find the function whose name a person typed.
 *
 * The name is the whole one, or the short one that tables on a terminal show.
 *
 * Errors     -ENOENT: no frame is of such a function; -ENOTUNIQ: several
 *            functions have this short name.
 * Read next  short_name.h
 */
#ifndef CLINIC_SESSION_NAMED_FUNCTION_H
#define CLINIC_SESSION_NAMED_FUNCTION_H

struct clinic_session;

/* *name belongs to the session, and is valid as long as the session. */
int clinic_named_function(const struct clinic_session *session,
			  const char *typed, const char **name);

#endif
