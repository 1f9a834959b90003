/* Reads a file in large pieces, and gives whole lines to a callback. */
#include "symbols/text_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES (256 << 10)

/* Passes on the whole lines in `size` bytes; returns how many bytes those are.
 */
static int hand_on_lines(char *bytes, size_t size, clinic_on_text_line *on_line,
			 void *context, size_t *taken)
{
	int error = 0;
	char *end;

	*taken = 0;
	while (!error && (end = memchr(bytes + *taken, '\n', size - *taken))) {
		*end = '\0';
		error = on_line(context, bytes + *taken, end);
		*taken = (size_t)(end + 1 - bytes);
	}
	return error;
}

int clinic_text_lines_read(int fd, clinic_on_text_line *on_line, void *context)
{
	char *bytes = malloc(CHUNK_BYTES);
	size_t held = 0, taken;
	int error = bytes ? 0 : -ENOMEM;

	while (!error) {
		ssize_t got = read(fd, bytes + held, CHUNK_BYTES - held);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			error = -errno;
		if (got <= 0)
			break;
		held += (size_t)got;
		error = hand_on_lines(bytes, held, on_line, context, &taken);
		if (!error && !taken && held == CHUNK_BYTES)
			error = -EBADMSG;
		held -= taken;
		memmove(bytes, bytes + taken, held);
	}
	free(bytes);
	return error;
}
