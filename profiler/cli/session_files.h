/*
 * cli/session_files.h - reads and writes the files of verbs.
 *
 * If something cannot be done, a complaint on stderr says why.
 *
 * Ownership  a session that was opened belongs to the caller.
 * Errors     0 (CLINIC_EXIT_DONE), or the exit code after a complaint.
 * Read next  formats/format.h, which finds the formats.
 */
#ifndef CLINIC_CLI_SESSION_FILES_H
#define CLINIC_CLI_SESSION_FILES_H

#include "formats/format.h"

/* Reads a file of any format that can be read. */
int clinic_open_session(const char *path, struct clinic_session **session);
int clinic_open_with(const char *path,
		     const struct clinic_format_options *options,
		     struct clinic_session **session);

/*
 * The format for writing: the one with this name, or (NULL) with the suffix of
 * `path`.
 */
int clinic_choose_format(const char *path, const char *name,
			 const struct clinic_format **format);
int clinic_write_as(const struct clinic_format *format,
		    const struct clinic_session *session,
		    const struct clinic_format_options *options,
		    const char *path);

/*
 * Complains if there is no name (NULL), and about a name that no session should
 * have.
 */
int clinic_check_session_name(const char *path);
/* Complains about the result of writing `path`, unless it is 0. */
int clinic_written(const char *path, int error);

enum clinic_format_use {
	CLINIC_FORMAT_READ,
	CLINIC_FORMAT_WRITTEN,
	CLINIC_FORMAT_OF_DIFFERENCE, /* written, and shows one */
};

/* Describes each in a line, for the help text; valid until the next call. */
const char *clinic_describe_formats(enum clinic_format_use use);

#endif
