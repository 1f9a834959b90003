/*
 * sources/shared_folder.h - where a run's shared memory lies, and its end.
 *
 * A folder for the files that a target maps and we read: in /dev/shm, or in
 * /tmp where there is none. Who holds it has it locked; a folder that nobody
 * holds, and none of whose processes run, is swept by the next to make one.
 *
 * Ownership  the files in it are the target's to write and ours to remove.
 * Errors     0 or -errno.
 * Read next  timer_source.h and arena_source.h, which have one each.
 */
#ifndef CLINIC_SOURCES_SHARED_FOLDER_H
#define CLINIC_SOURCES_SHARED_FOLDER_H

#include <stdbool.h>

#include "sources/handover_door.h"
#include "sources/tick_clock.h"

struct clinic_shared_folder {
	char path[64]; /* "": there is none */
	int fd;
	/* What is as if it were in there; open where the folder is made. */
	struct clinic_handover_door door;
	/* Of what is dated in there; it runs from when the folder was made. */
	struct clinic_tick_clock clock;
};

/* prefix: "clinic-", say. */
int clinic_shared_folder_make(struct clinic_shared_folder *folder,
			      const char *prefix);

/* Does a process run that has its file, PID.NUMBER, in the folder mapped? */
bool clinic_shared_folder_is_used(const struct clinic_shared_folder *folder);

/* With all that is in it, whatever the target made of that. */
void clinic_shared_folder_remove(struct clinic_shared_folder *folder);
/* As it is: those who use it still do. The next sweep removes it. */
void clinic_shared_folder_leave(struct clinic_shared_folder *folder);

/*
 * A file that the target wrote there, and nothing else that it may have put in
 * its place. A descriptor, or -errno; -ENOTSUP: it is no file.
 */
int clinic_shared_folder_open(const struct clinic_shared_folder *folder,
			      const char *name, int flags);

/*
 * Calls for the name of each file there, handed over or not, until that does
 * not return 0; returns what it did, or -errno.
 */
int clinic_shared_folder_each(const struct clinic_shared_folder *folder,
			      int (*call)(void *context, const char *name),
			      void *context);

/* It is not needed any more. */
void clinic_shared_folder_drop(struct clinic_shared_folder *folder,
			       const char *name);

#endif
