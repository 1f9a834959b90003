/*
 * response.c - writes head and body to a buffer that each thread keeps.
 */
#include "response.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BODY "{\"item\": %u, \"price\": %u}\n"
#define HEAD                                                                   \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"                \
	"Content-Length: %zu\r\nConnection: close\r\n\r\n"

#define MESSAGE_BYTES_MAX 256

static const char refusal[] = "HTTP/1.1 400 Bad Request\r\n"
			      "Content-Length: 0\r\n"
			      "Connection: close\r\n\r\n";

static int send_all(int fd, const char *text, size_t bytes)
{
	while (bytes > 0) {
		ssize_t count = send(fd, text, bytes, MSG_NOSIGNAL);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		text += count;
		bytes -= (size_t)count;
	}
	return 0;
}

/* Both fit, because their formats and two numbers take about 100 bytes. */
static size_t write_message(char *message, size_t room, uint32_t item,
			    uint32_t price)
{
	char body[MESSAGE_BYTES_MAX / 2];
	int body_bytes = snprintf(body, sizeof(body), BODY, item, price);
	int head_bytes = snprintf(message, room, HEAD, (size_t)body_bytes);

	memcpy(message + head_bytes, body, (size_t)body_bytes + 1);
	return (size_t)(head_bytes + body_bytes);
}

char *response_of(uint32_t item, uint32_t price)
{
	char *message = malloc(MESSAGE_BYTES_MAX);

	if (message)
		write_message(message, MESSAGE_BYTES_MAX, item, price);
	return message;
}

int response_send(int fd, uint32_t item, uint32_t price)
{
	static _Thread_local char message[MESSAGE_BYTES_MAX];

	return send_all(fd, message,
			write_message(message, sizeof(message), item, price));
}

int response_refuse(int fd)
{
	return send_all(fd, refusal, sizeof(refusal) - 1);
}
