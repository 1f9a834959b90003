/*
 * sources/handover_door.h - where processes hand over their shared memory that
 * cannot make a file for us.
 *
 * A socket that listens under a name of its own. Whoever knows the secret of
 * the run, which is in the environment of its processes, may give one regular
 * file; it is then known as PID.NUMBER, where the kernel says which process
 * that is. Anybody else is sent away.
 *
 * Ownership  the descriptors are the door's; clinic_handover_take lends copies.
 * Errors     0 or -errno. A door that cannot be opened is no error of a
 *            recording: nobody is let in.
 * Read next  shared_memory/handover.h; shared_folder.h.
 */
#ifndef CLINIC_SOURCES_HANDOVER_DOOR_H
#define CLINIC_SOURCES_HANDOVER_DOOR_H

#include <stddef.h>

#include "shared_memory/handover.h"

#define CLINIC_HANDED_NAME_BYTES 32

/* The names begin where those of files in the folder end. */
#define CLINIC_HANDED_FROM 10000

struct clinic_handed_file {
	char name[CLINIC_HANDED_NAME_BYTES];
	int fd;
};

/* Who has come in, and has not said anything yet. */
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

/* Takes what was handed over since, and waits for nothing. */
void clinic_handover_receive(struct clinic_handover_door *door);

/* A descriptor of the caller's, or -ENOENT. */
int clinic_handover_take(const struct clinic_handover_door *door,
			 const char *name);
void clinic_handover_forget(struct clinic_handover_door *door,
			    const char *name);

#endif
