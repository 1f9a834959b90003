/*
 * session/named_function.h - which function a person means who typed a name.
 *
 * Its whole name, or the short one that tables on a terminal show.
 *
 * Errors     -ENOENT: no frame is of such a function; -ENOTUNIQ: the short
 *            name is that of several.
 * Read next  short_name.h
 */
#ifndef CLINIC_SESSION_NAMED_FUNCTION_H
#define CLINIC_SESSION_NAMED_FUNCTION_H

struct clinic_session;

/* *name belongs to the session, and lives as long as it. */
int clinic_named_function(const struct clinic_session *session,
			  const char *typed, const char **name);

#endif
