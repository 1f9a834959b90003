/*
 * cli/saved_session.h - saves a recording, before anything is printed about it.
 *
 * Whoever reads the output may have gone away, and then printing ends the
 * process.
 */
#ifndef CLINIC_CLI_SAVED_SESSION_H
#define CLINIC_CLI_SAVED_SESSION_H

#include <limits.h>
#include <sys/stat.h>

struct clinic_session;

struct clinic_saved {
	int error;           /* the result of writing to the requested path */
	char path[PATH_MAX]; /* where the session is; empty: nowhere */
	struct stat file;    /* its size is 0 if it is unknown */
};

/* Saves to `path`, or to another folder if that fails. */
void clinic_save(const struct clinic_session *session, const char *path,
		 struct clinic_saved *saved);
/*
 * Prints on stderr where it is. Returns 0; or the exit code, if it is not at
 * the requested path.
 */
int clinic_describe_saved(const struct clinic_saved *saved, const char *asked);

#endif
