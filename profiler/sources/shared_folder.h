/*
 * sources/shared_folder.h - the folder of a run's shared memory.
 *
 * It holds the files that a target maps and we read. It is in /dev/shm, or in
 * /tmp where that does not exist. Its recorder holds a lock on it. The next
 * recorder removes folders without a lock whose processes have all ended.
 *
 * Ownership  the target writes the files in it, and we remove them.
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
	/* Its files count as files of the folder; it opens with the folder. */
	struct clinic_handover_door door;
	/* For the times in these files; it starts when the folder is made. */
	struct clinic_tick_clock clock;
};

/* prefix: for example "clinic-". */
int clinic_shared_folder_make(struct clinic_shared_folder *folder,
			      const char *prefix);

/* Does a process still run whose file, PID.NUMBER, is in the folder? */
bool clinic_shared_folder_is_used(const struct clinic_shared_folder *folder);

/* Removes the folder with everything that the target has put into it. */
void clinic_shared_folder_remove(struct clinic_shared_folder *folder);
/* Leaves the folder to processes that still use it. A later run removes it. */
void clinic_shared_folder_leave(struct clinic_shared_folder *folder);

/*
 * Opens a regular file in the folder, and nothing else that the target may have
 * put in its place. A descriptor, or -errno; -ENOTSUP: it is no regular file.
 */
int clinic_shared_folder_open(const struct clinic_shared_folder *folder,
			      const char *name, int flags);

/*
 * Calls back for the name of each file, handed over or not, until a result is
 * not 0; returns that result, or -errno.
 */
int clinic_shared_folder_each(const struct clinic_shared_folder *folder,
			      int (*call)(void *context, const char *name),
			      void *context);

/* Removes a file that is not needed any more. */
void clinic_shared_folder_drop(struct clinic_shared_folder *folder,
			       const char *name);

#endif
