/*
 * response.c - makes a body, a head, and one message of both.
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
	"Content-Length: %zu\r\nConnection: keep-alive\r\n\r\n"

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

static char *join(const char *head, const char *body)
{
	char *message = NULL;

	return asprintf(&message, "%s%s", head, body) < 0 ? NULL : message;
}

char *response_of(uint32_t item, uint32_t price)
{
	char *body, *head;
	char *message = NULL;

	if (asprintf(&body, BODY, item, price) < 0)
		return NULL;
	if (asprintf(&head, HEAD, strlen(body)) >= 0) {
		message = join(head, body);
		free(head);
	}
	free(body);
	return message;
}

int response_send(int fd, uint32_t item, uint32_t price)
{
	char *message = response_of(item, price);
	int err = message ? send_all(fd, message, strlen(message)) : -ENOMEM;

	free(message);
	return err;
}

int response_refuse(int fd)
{
	return send_all(fd, refusal, sizeof(refusal) - 1);
}
