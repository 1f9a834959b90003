/*
 * join.h - joins lines into one text.
 *
 * Ownership  the caller owns the text, and frees it.
 * Errors     join_prepare: 0 or -errno; join_lines returns NULL without
 *            memory, or if there are no lines.
 * Threads    any number at once, after join_prepare.
 */
#ifndef STRINGS_JOIN_H
#define STRINGS_JOIN_H

#include "lines.h"

/* Called once before the first join; join_forget frees what it made. */
int join_prepare(const struct lines *lines);
void join_forget(void);

/*
 * Returns all lines, each followed by a line feed, and a NUL at the end, which
 * *bytes_count does not include.
 */
char *join_lines(const struct lines *lines, size_t *bytes_count);

#endif
