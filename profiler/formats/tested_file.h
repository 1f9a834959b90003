/*
 * formats/tested_file.h - one file for all tests of a program, which read
 * it by its name. Only tests include it.
 *
 * Ownership  tested_file_make() and tested_file_remove() are the set-up
 *            and the tear-down of a group of cmocka's tests.
 * Errors     not 0: the group fails.
 */
#ifndef CLINIC_FORMATS_TESTED_FILE_H
#define CLINIC_FORMATS_TESTED_FILE_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[PATH_MAX];

static inline int tested_file_make(void **state)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/formats_test.XXXXXX",
		 folder ? folder : "/tmp");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static inline int tested_file_remove(void **state)
{
	(void)state;
	return unlink(path);
}

#endif
