/*
 * formats/line_reader.h - a text file line by line, plain or gzipped.
 *
 * Ownership  a line is the reader's and lives until the next call.
 * Errors     open: 0 or -errno. next: 1, or 0 at the end, or -errno
 *            (-EBADMSG for damaged gzip, -EFBIG for a line over 16 MiB,
 *            or a gzip that unpacks to far more than real ones do).
 */
#ifndef CLINIC_FORMATS_LINE_READER_H
#define CLINIC_FORMATS_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

struct clinic_lines;

/* "-" is the standard input. */
int clinic_lines_open(struct clinic_lines **lines, const char *path);
/* Without its line feed, and followed by a NUL. */
int clinic_lines_next(struct clinic_lines *lines, char **line, size_t *length);
/* The line last given had no line feed: the text ends in the middle of it. */
bool clinic_lines_is_cut(const struct clinic_lines *lines);
void clinic_lines_close(struct clinic_lines *lines);

#endif
