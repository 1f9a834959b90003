/* Makes memory without a name, and sends its descriptor over a socket. */
#include "preload/hand_over.h"
#include "preload/raw_calls.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void handover_read(struct handover *handover, const char *setting)
{
	const char *value = getenv(setting);
	const char *blank = value ? strchr(value, ' ') : NULL;
	size_t bytes = blank ? (size_t)(blank - value) : 0;

	handover->address_bytes = 0;
	if (!blank || bytes > HANDOVER_NAME_BYTES ||
	    strlen(blank + 1) != HANDOVER_SECRET_BYTES)
		return;
	handover->address.sun_family = AF_UNIX;
	/* Abstract: the first byte stays zero. */
	memcpy(handover->address.sun_path + 1, value, bytes);
	memcpy(handover->secret, blank + 1, HANDOVER_SECRET_BYTES);
	handover->address_bytes =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + bytes);
}

int handover_make(void)
{
	return (int)raw_call(SYS_memfd_create, (long)"clinic", MFD_CLOEXEC, 0,
			     0);
}

static int send_descriptor(int socket, const struct handover *handover, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec text = {(void *)(uintptr_t)handover->secret,
			     sizeof(handover->secret)};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	long sent;

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	sent = raw_call(SYS_sendmsg, socket, (long)&message,
			MSG_NOSIGNAL | MSG_DONTWAIT, 0);
	return sent < 0 ? (int)sent : 0;
}

int handover_send(const struct handover *handover, int fd)
{
	int socket, error;

	if (!handover->address_bytes)
		return -ENOENT;
	socket = (int)raw_call(SYS_socket, AF_UNIX,
			       SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			       0);
	if (socket < 0)
		return socket;
	error = (int)raw_call(SYS_connect, socket, (long)&handover->address,
			      handover->address_bytes, 0);
	if (!error)
		error = send_descriptor(socket, handover, fd);
	raw_close(socket);
	return error;
}
