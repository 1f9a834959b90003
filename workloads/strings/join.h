/*
 * join.h - one text of many lines.
 *
 * Ownership  the text is the caller's, who frees it.
 * Errors     join_prepare: 0 or -errno; join_lines returns NULL without
 *            memory, or without a line.
 * Threads    any number at once, after join_prepare.
 */
#ifndef STRINGS_JOIN_H
#define STRINGS_JOIN_H

#include "lines.h"

/* Called once before the first join; join_forget frees what it made. */
int join_prepare(const struct lines *lines);
void join_forget(void);

/*
 * Every line with a line feed behind it, and 0 at the end; bytes_count is
 * written without the 0.
 */
char *join_lines(const struct lines *lines, size_t *bytes_count);

#endif
