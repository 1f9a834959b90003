/*
 * foundation/output_file.h - a file that is there whole, or not at all.
 *
 * Written beside its final name and renamed on close, with the mode of the
 * file that was there. A path ending in .gz is gzipped. What is no regular
 * file (/dev/stdout, a pipe) is written to directly. Errors stick: write on,
 * and look at what close says.
 *
 * Links      of root and our own are followed, no others (output_place.h).
 * Errors     open and close: 0 or -errno; -ELOOP a link of others. After a
 * failure nothing new is left on disk and an older file of that name is
 * untouched. Threads    one at a time per file.
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
/* As a JSON string, quotes included; `text` is UTF-8. */
void clinic_out_json(struct clinic_out *out, const char *text);
int clinic_out_close(struct clinic_out *out);
void clinic_out_abandon(struct clinic_out *out);

#endif
