/*
 * foundation/output_file.h - writes a file that appears complete, or not at
 * all.
 *
 * The file is written beside its final name and renamed at close, with the mode
 * of the file that it replaces. If the path ends in .gz, it is gzipped. What is
 * not a regular file (/dev/stdout, a pipe) is written to directly.
 *
 *	clinic_out_open(&out, path);
 *	clinic_out_text(out, "...");        any number of times
 *	error = clinic_out_close(out);      or clinic_out_abandon(out)
 *
 * Ownership  close and abandon free `out`.
 * Errors     open and close return 0 or -errno; the first error of writing is
 *            kept, and close returns it. -ELOOP: a symbolic link belongs to
 *            another user, see output_place.h. After an error nothing new is on
 *            disk, and an older file of that name is unchanged.
 * Signals    open ignores SIGXFSZ from then on.
 * Threads    one per file.
 */
#ifndef CLINIC_FOUNDATION_OUTPUT_FILE_H
#define CLINIC_FOUNDATION_OUTPUT_FILE_H

#include <stddef.h>
#include <stdint.h>

struct clinic_out;

int clinic_out_open(struct clinic_out **out, const char *path);
void clinic_out_bytes(struct clinic_out *out, const void *bytes, size_t length);
void clinic_out_text(struct clinic_out *out, const char *text);
void clinic_out_u64(struct clinic_out *out, uint64_t value);
void clinic_out_i64(struct clinic_out *out, int64_t value);
void clinic_out_format(struct clinic_out *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Writes a JSON string with its quotes; `text` is UTF-8. */
void clinic_out_json(struct clinic_out *out, const char *text);
int clinic_out_close(struct clinic_out *out);
void clinic_out_abandon(struct clinic_out *out);

#endif
