/*
 * session/session_json.h - a session as one JSON file, and back.
 *
 * The file is columnar and versioned; FORMAT.md describes every field. A
 * path that ends in .gz is gzipped; reading looks at the bytes, not at the
 * name. Files appear by rename: a reader never sees half of one.
 *
 * Ownership  the session belongs to the caller. A file is read into a new,
 *            empty session, which after an error can only be freed.
 * Errors     0 or -errno. Reading: -EBADMSG when the file is not a session or
 *            is damaged; -EPROTO when its schema is newer than this reader;
 *            -EFBIG above the limits; `why` (may be NULL) then names the
 *            field. Writing: the error of the disk; no file is left behind.
 * Threads    safe for different sessions.
 * Read next  session.h.
 */
#ifndef CLINIC_SESSION_JSON_H
#define CLINIC_SESSION_JSON_H

#include <stddef.h>

struct clinic_session;

#define CLINIC_SESSION_SCHEMA 3

struct clinic_why {
	char text[160]; /* what is wrong, as a part of a sentence */
};

/* Names this clinic as the tool, unless the session already names one. */
int clinic_session_write(const struct clinic_session *session,
			 const char *path);
/* "-" is the standard input. */
int clinic_session_read(const char *path, struct clinic_session *session,
			struct clinic_why *why);
/* Makes a new session of text in memory, which is not gzipped. After an error,
 * there is no session. */
int clinic_session_parse(const char *text, size_t length,
			 struct clinic_session **session,
			 struct clinic_why *why);

#endif
