/*
 * session/session_json.h - a session as one JSON file, and back.
 *
 * The file is columnar and versioned; FORMAT.md describes every field. A
 * path that ends in .gz is gzipped; reading looks at the bytes, not at the
 * name. Files appear by rename: a reader never sees half of one.
 *
 * Ownership  the session is the caller's. A file is read into one that is new
 *            and empty; after an error that is only good for freeing.
 * Errors     0 or -errno. Reading: -EBADMSG when it is not a session, or is
 *            damaged; -EPROTO when its schema is newer than this reader;
 *            -EFBIG past the limits; `why` (may be NULL) then names the
 *            field. Writing: the error of the disk, nothing left behind.
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

/* Names itself as the tool in the file, unless the session has one. */
int clinic_session_write(const struct clinic_session *session,
			 const char *path);
/* "-" is the standard input. */
int clinic_session_read(const char *path, struct clinic_session *session,
			struct clinic_why *why);
/* A session of its own from memory, where it is not gzipped; after an error
 * there is none. */
int clinic_session_parse(const char *text, size_t length,
			 struct clinic_session **session,
			 struct clinic_why *why);

#endif
