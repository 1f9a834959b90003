/*
 * cli/saved_session.h - a recording is saved before a word is said about it,
 * since who listens may have gone away.
 */
#ifndef CLINIC_CLI_SAVED_SESSION_H
#define CLINIC_CLI_SAVED_SESSION_H

#include <limits.h>
#include <sys/stat.h>

struct clinic_session;

struct clinic_saved {
	int error;           /* of writing to the requested path */
	char path[PATH_MAX]; /* where the session is; empty: it was not saved */
	struct stat file;    /* its size is 0 where that is not known */
};

/* Saves to `path`, or to another folder if that fails. */
void clinic_save(const struct clinic_session *session, const char *path,
		 struct clinic_saved *saved);
/* On stderr: 0, or the exit code where it is not what was asked for. */
int clinic_describe_saved(const struct clinic_saved *saved, const char *asked);

#endif
