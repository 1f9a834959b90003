/*
 * request.c - reads the head of a request, and finds the item in it.
 */
#include "request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define PATH       "GET /item/"
#define PATH_BYTES (sizeof(PATH) - 1)

static int parse_number(const char *at, const char *end, uint32_t *item)
{
	uint64_t number = 0;
	const char *first = at;

	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (uint64_t)(*at - '0');
		if (number > UINT32_MAX)
			return -EPROTO;
	}
	if (at == first || at == end || (*at != ' ' && *at != '?'))
		return -EPROTO;
	*item = (uint32_t)number;
	return 0;
}

int request_parse(const char *head, size_t head_bytes, uint32_t *item)
{
	if (!memmem(head, head_bytes, "\r\n\r\n", 4))
		return -EAGAIN;
	if (head_bytes < PATH_BYTES || memcmp(head, PATH, PATH_BYTES) != 0)
		return -EPROTO;
	return parse_number(head + PATH_BYTES, head + head_bytes, item);
}

static int receive_head(int fd, char *head, uint32_t *item)
{
	size_t have_bytes = 0;
	int err = -EAGAIN;

	while (err == -EAGAIN) {
		ssize_t count = recv(fd, head + have_bytes,
				     REQUEST_BYTES_MAX - have_bytes, 0);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			return have_bytes ? -EPROTO : -ENODATA;
		have_bytes += (size_t)count;
		err = request_parse(head, have_bytes, item);
		if (err == -EAGAIN && have_bytes == REQUEST_BYTES_MAX)
			return -EMSGSIZE;
	}
	return err;
}

int request_read(int fd, uint32_t *item)
{
	static _Thread_local char head[REQUEST_BYTES_MAX];

	return receive_head(fd, head, item);
}
