/* Reads the lines of a text file, whatever their length. */
#include "formats/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/input_file.h"

#include "foundation/growing_array.h"

enum {
	FIRST_BYTES = 1 << 20,
	LINE_BYTES_MAX = 16 << 20,
};

struct clinic_lines {
	gzFile file;
	char *buffer;
	size_t capacity;
	size_t at;           /* where the next line begins */
	size_t end;          /* end of the bytes that were read */
	uint64_t text_bytes; /* of the whole file so far */
	bool is_cut;
};

int clinic_lines_open(struct clinic_lines **lines, const char *path)
{
	struct clinic_lines *fresh = calloc(1, sizeof(*fresh));
	int error;

	if (!fresh)
		return -ENOMEM;
	fresh->capacity = FIRST_BYTES;
	fresh->buffer = malloc(fresh->capacity);
	errno = 0;
	if (fresh->buffer)
		fresh->file = clinic_input_open(path);
	if (!fresh->file) {
		error = errno ? -errno : -ENOMEM;
		clinic_lines_close(fresh);
		return error;
	}
	gzbuffer(fresh->file, FIRST_BYTES / 4);
	*lines = fresh;
	return 0;
}

/*
 * Makes room behind the bytes that were read, also for a NUL after the last
 * line.
 */
static int make_room(struct clinic_lines *lines)
{
	char *bigger;

	if (lines->at) {
		memmove(lines->buffer, lines->buffer + lines->at,
			lines->end - lines->at);
		lines->end -= lines->at;
		lines->at = 0;
		return 0;
	}
	if (lines->end + 1 < lines->capacity)
		return 0;
	if (lines->capacity >= LINE_BYTES_MAX)
		return -EFBIG;
	bigger = clinic_grow_by(lines->buffer, lines->end, 2, &lines->capacity,
				1);
	if (!bigger)
		return -ENOMEM;
	lines->buffer = bigger;
	return 0;
}

/* Reads more bytes after the unfinished line. Returns how many, or -errno. */
static int read_more(struct clinic_lines *lines)
{
	int error = make_room(lines);
	int code;
	int got;

	if (error)
		return error;
	errno = 0;
	got = gzread(lines->file, lines->buffer + lines->end,
		     (unsigned int)(lines->capacity - 1 - lines->end));
	gzerror(lines->file, &code);
	if (got < 0 || (got == 0 && code == Z_BUF_ERROR))
		return code == Z_ERRNO && errno ? -errno : -EBADMSG;
	lines->end += (size_t)got;
	lines->text_bytes += (uint64_t)got;
	if (clinic_input_is_bloated(lines->file, lines->text_bytes))
		return -EFBIG;
	return got;
}

static int give(struct clinic_lines *lines, size_t stop, char **line,
		size_t *length)
{
	*line = lines->buffer + lines->at;
	*length = stop - lines->at;
	lines->buffer[stop] = '\0';
	lines->is_cut = stop == lines->end;
	lines->at = lines->is_cut ? stop : stop + 1;
	return 1;
}

int clinic_lines_next(struct clinic_lines *lines, char **line, size_t *length)
{
	size_t searched = 0;

	for (;;) {
		const char *from = lines->buffer + lines->at + searched;
		const char *feed =
			memchr(from, '\n', lines->end - lines->at - searched);
		int got;

		if (feed)
			return give(lines, (size_t)(feed - lines->buffer), line,
				    length);
		searched = lines->end - lines->at;
		got = read_more(lines);
		if (got < 0)
			return got;
		if (!got)
			return searched ? give(lines, lines->end, line, length)
					: 0;
	}
}

bool clinic_lines_is_cut(const struct clinic_lines *lines)
{
	return lines->is_cut;
}

void clinic_lines_close(struct clinic_lines *lines)
{
	if (!lines)
		return;
	if (lines->file)
		gzclose(lines->file);
	free(lines->buffer);
	free(lines);
}
