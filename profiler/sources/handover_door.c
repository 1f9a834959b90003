/* Listens on an abstract socket, and keeps the descriptors that are sent. */
#include "sources/handover_door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "foundation/growing_array.h"

/* So many processes may connect between two looks. */
#define QUEUE_MAX 4096
/* More would leave us no descriptors for our own files. */
#define FILES_MAX 512

static int choose_names(struct clinic_handover_door *door)
{
	uint64_t random[3];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	snprintf(door->name, sizeof(door->name), "clinic-%016llx",
		 (unsigned long long)random[0]);
	snprintf(door->secret, sizeof(door->secret), "%016llx%016llx",
		 (unsigned long long)random[1], (unsigned long long)random[2]);
	return 0;
}

int clinic_handover_open(struct clinic_handover_door *door)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t bytes;
	int err;

	*door = (struct clinic_handover_door){
		.listener = -1, .next_number = CLINIC_HANDED_FROM};
	err = choose_names(door);
	if (err)
		return err;
	door->listener = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (door->listener < 0)
		return -errno;
	/* Abstract: the first byte stays zero. */
	memcpy(address.sun_path + 1, door->name, strlen(door->name));
	bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			    strlen(door->name));
	if (bind(door->listener, (struct sockaddr *)&address, bytes) ||
	    listen(door->listener, QUEUE_MAX)) {
		err = -errno;
		clinic_handover_close(door);
	}
	return err;
}

void clinic_handover_close(struct clinic_handover_door *door)
{
	if (door->listener >= 0)
		close(door->listener);
	for (size_t i = 0; i < door->guests_count; i++)
		close(door->guests[i]);
	for (size_t i = 0; i < door->files_count; i++)
		close(door->files[i].fd);
	free(door->files);
	*door = (struct clinic_handover_door){.listener = -1};
}

static pid_t pid_of(int guest)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	return getsockopt(guest, SOL_SOCKET, SO_PEERCRED, &peer, &bytes)
		       ? 0
		       : peer.pid;
}

/* The door becomes the owner of the descriptor. */
static void keep_file(struct clinic_handover_door *door, pid_t pid, int fd)
{
	struct clinic_handed_file *grown =
		clinic_grow(door->files, door->files_count, &door->files_room,
			    sizeof(*grown));
	struct stat status;

	if (grown)
		door->files = grown;
	if (!grown || pid <= 0 || door->files_count == FILES_MAX ||
	    fstat(fd, &status) || !S_ISREG(status.st_mode)) {
		close(fd);
		return;
	}
	grown += door->files_count++;
	grown->fd = fd;
	snprintf(grown->name, sizeof(grown->name), "%d.%u", (int)pid,
		 door->next_number++);
}

/* The one descriptor in the message; -1: none. Others are closed. */
static int descriptor_in(struct msghdr *message)
{
	int fd = -1;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at;
	     at = CMSG_NXTHDR(message, at)) {
		size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			if (fd >= 0)
				close(fd);
			memcpy(&fd, CMSG_DATA(at) + i * sizeof(int),
			       sizeof(int));
		}
	}
	return fd;
}

/* Reads a guest's message. false: none has come yet. */
static bool listen_to(struct clinic_handover_door *door, int guest)
{
	char said[HANDOVER_SECRET_BYTES + 1];
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec text = {said, sizeof(said)};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t got = recvmsg(guest, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd;

	if (got < 0)
		return errno != EAGAIN && errno != EINTR;
	fd = descriptor_in(&message);
	if (fd >= 0 && got == HANDOVER_SECRET_BYTES &&
	    !memcmp(said, door->secret, HANDOVER_SECRET_BYTES))
		keep_file(door, pid_of(guest), fd);
	else if (fd >= 0)
		close(fd);
	return true;
}

static void let_in(struct clinic_handover_door *door)
{
	int guest;

	while (door->guests_count < CLINIC_HANDOVER_GUESTS_MAX &&
	       (guest = accept4(door->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		if (listen_to(door, guest))
			close(guest);
		else
			door->guests[door->guests_count++] = guest;
}

void clinic_handover_receive(struct clinic_handover_door *door)
{
	size_t kept = 0;

	if (door->listener < 0)
		return;
	for (size_t i = 0; i < door->guests_count; i++)
		if (listen_to(door, door->guests[i]))
			close(door->guests[i]);
		else
			door->guests[kept++] = door->guests[i];
	/* A guest that sends nothing must not keep others out. */
	if (kept == CLINIC_HANDOVER_GUESTS_MAX)
		close(door->guests[--kept]);
	door->guests_count = kept;
	let_in(door);
}

static size_t find(const struct clinic_handover_door *door, const char *name)
{
	size_t at = 0;

	while (at < door->files_count && strcmp(door->files[at].name, name))
		at++;
	return at;
}

int clinic_handover_take(const struct clinic_handover_door *door,
			 const char *name)
{
	size_t at = find(door, name);
	int fd = at < door->files_count
			 ? fcntl(door->files[at].fd, F_DUPFD_CLOEXEC, 0)
			 : -1;

	if (at == door->files_count)
		return -ENOENT;
	return fd < 0 ? -errno : fd;
}

void clinic_handover_forget(struct clinic_handover_door *door, const char *name)
{
	size_t at = find(door, name);

	if (at == door->files_count)
		return;
	close(door->files[at].fd);
	door->files[at] = door->files[--door->files_count];
}
