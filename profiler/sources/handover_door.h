/*
 * sources/handover_door.h - a socket for processes that cannot make a file for
 * us: they send us the descriptor of their shared memory.
 *
 * A process that knows the secret of the run, which is in the environment of
 * the run's processes, may send one regular file. It is then known as
 * PID.NUMBER; the kernel says which process has sent it. Others are refused.
 *
 * Ownership  the descriptors belong to the door; clinic_handover_take() returns
 *            copies.
 * Errors     0 or -errno. If the door cannot be opened, the recording goes on
 *            without it.
 * Read next  shared_memory/handover.h; shared_folder.h.
 */
#ifndef CLINIC_SOURCES_HANDOVER_DOOR_H
#define CLINIC_SOURCES_HANDOVER_DOOR_H

#include <stddef.h>

#include "shared_memory/handover.h"

#define CLINIC_HANDED_NAME_BYTES 32

/* These numbers begin where those of files in the folder end. */
#define CLINIC_HANDED_FROM 10000

struct clinic_handed_file {
	char name[CLINIC_HANDED_NAME_BYTES];
	int fd;
};

/* Processes that have connected, but not sent anything yet. */
#define CLINIC_HANDOVER_GUESTS_MAX 32

struct clinic_handover_door {
	int listener; /* -1: closed */
	char name[HANDOVER_NAME_BYTES + 1];
	char secret[HANDOVER_SECRET_BYTES + 1];
	int guests[CLINIC_HANDOVER_GUESTS_MAX];
	size_t guests_count;
	struct clinic_handed_file *files;
	size_t files_count, files_room;
	unsigned next_number;
};

int clinic_handover_open(struct clinic_handover_door *door);
void clinic_handover_close(struct clinic_handover_door *door);

/* Receives what was sent since the last call, and does not wait. */
void clinic_handover_receive(struct clinic_handover_door *door);

/* A descriptor, which the caller closes, or -ENOENT. */
int clinic_handover_take(const struct clinic_handover_door *door,
			 const char *name);
void clinic_handover_forget(struct clinic_handover_door *door,
			    const char *name);

#endif
