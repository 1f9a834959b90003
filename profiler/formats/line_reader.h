/*
 * formats/line_reader.h - reads a text file line by line, plain or gzipped.
 *
 * Ownership  a line belongs to the reader, and is valid until the next call.
 * Errors     open: 0 or -errno. next: 1; 0 at the end; or -errno: -EBADMSG: the
 *            gzip file is damaged; -EFBIG: a line is longer than 16 MiB, or the
 *            gzip file unpacks to much more than real ones do.
 * Threads    one per reader.
 */
#ifndef CLINIC_FORMATS_LINE_READER_H
#define CLINIC_FORMATS_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

struct clinic_lines;

/* The path "-" means the standard input. */
int clinic_lines_open(struct clinic_lines **lines, const char *path);
/* The line has no line feed at its end, but a NUL. */
int clinic_lines_next(struct clinic_lines *lines, char **line, size_t *length);
/* Had the last line no line feed? Then the text may have been cut short. */
bool clinic_lines_is_cut(const struct clinic_lines *lines);
void clinic_lines_close(struct clinic_lines *lines);

#endif
