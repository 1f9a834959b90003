/* Writes a file beside its final name, gzips it, and renames it at the end. */
#include "foundation/output_file.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "foundation/output_place.h"

enum { BUFFER_BYTES = 128 << 10 };

struct clinic_out {
	gzFile file;
	struct clinic_output_place place;
	int error; /* the first one */
	size_t used;
	char buffer[BUFFER_BYTES];
};

static bool is_gzip_name(const char *path)
{
	size_t length = strlen(path);

	return length > 3 && !strcmp(path + length - 3, ".gz");
}

static int start(struct clinic_out *out, const char *path)
{
	int fd;
	int error;

	/*
	 * Otherwise, a file beyond the limit of file sizes would end this
	 * process, and the draft would stay.
	 */
	signal(SIGXFSZ, SIG_IGN);
	error = clinic_output_place_open(&out->place, path, &fd);
	if (error)
		return error;
	/* T: the bytes are written as they are, without a gzip header. */
	out->file = gzdopen(fd, is_gzip_name(path) ? "wb5" : "wbT");
	if (!out->file) {
		close(fd);
		return clinic_output_place_close(&out->place, -ENOMEM);
	}
	return 0;
}

int clinic_out_open(struct clinic_out **out, const char *path)
{
	struct clinic_out *fresh = malloc(sizeof(*fresh));
	int error;

	if (!fresh)
		return -ENOMEM;
	memset(fresh, 0, offsetof(struct clinic_out, buffer));
	error = start(fresh, path);
	if (error) {
		free(fresh);
		return error;
	}
	*out = fresh;
	return 0;
}

static void keep_error(struct clinic_out *out, int error)
{
	if (!out->error)
		out->error = error;
}

static void flush(struct clinic_out *out)
{
	errno = 0;
	if (out->used && !out->error &&
	    gzwrite(out->file, out->buffer, (unsigned int)out->used) <= 0)
		keep_error(out, errno ? -errno : -EIO);
	out->used = 0;
}

void clinic_out_bytes(struct clinic_out *out, const void *bytes, size_t length)
{
	const char *from = bytes;

	while (length) {
		size_t step = BUFFER_BYTES - out->used;

		if (step > length)
			step = length;
		memcpy(out->buffer + out->used, from, step);
		out->used += step;
		from += step;
		length -= step;
		if (out->used == BUFFER_BYTES)
			flush(out);
	}
}

void clinic_out_text(struct clinic_out *out, const char *text)
{
	clinic_out_bytes(out, text, strlen(text));
}

void clinic_out_u64(struct clinic_out *out, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	clinic_out_bytes(out, digits + at, sizeof(digits) - at);
}

void clinic_out_i64(struct clinic_out *out, int64_t value)
{
	if (value < 0)
		clinic_out_bytes(out, "-", 1);
	clinic_out_u64(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void clinic_out_format(struct clinic_out *out, const char *format, ...)
{
	char *text;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		keep_error(out, -ENOMEM);
		return;
	}
	clinic_out_bytes(out, text, (size_t)length);
	free(text);
}

void clinic_out_json(struct clinic_out *out, const char *text)
{
	clinic_out_bytes(out, "\"", 1);
	while (*text) {
		size_t plain = strcspn(text, "\"\\\x01\x02\x03\x04\x05\x06\x07"
					     "\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
					     "\x10\x11\x12\x13\x14\x15\x16\x17"
					     "\x18\x19\x1a\x1b\x1c\x1d\x1e"
					     "\x1f");

		clinic_out_bytes(out, text, plain);
		text += plain;
		if (*text)
			clinic_out_format(out, "\\u%04x", *text++);
	}
	clinic_out_bytes(out, "\"", 1);
}

static void close_file(struct clinic_out *out)
{
	errno = 0;
	if (gzclose(out->file) != Z_OK)
		keep_error(out, errno ? -errno : -EIO);
	out->file = NULL;
}

int clinic_out_close(struct clinic_out *out)
{
	int error;

	flush(out);
	close_file(out);
	error = clinic_output_place_close(&out->place, out->error);
	free(out);
	return error;
}

void clinic_out_abandon(struct clinic_out *out)
{
	close_file(out);
	(void)clinic_output_place_close(&out->place, -ECANCELED);
	free(out);
}
