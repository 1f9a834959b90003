/*
 * unwind/target_root.h - root folders of processes that do not share ours.
 *
 * In a container or chroot, /usr/lib/debug is another folder than ours, and
 * gone with the process: so its root is held open from the first mapping on.
 *
 * Ownership  descriptors stay the list's, until clinic_roots_close().
 * Read next  unwind/module.h.
 */
#ifndef CLINIC_UNWIND_TARGET_ROOT_H
#define CLINIC_UNWIND_TARGET_ROOT_H

#include <stdint.h>
#include <sys/types.h>

#define CLINIC_ROOTS_MAX 32 /* containers watched at a time, not processes */

struct clinic_roots {
	struct {
		uint64_t mount, inode;
		int fd;
		int mounts_fd; /* keeps what is mounted below it mounted */
	} list[CLINIC_ROOTS_MAX];
	int count;
};

/* The root folder of the process; -1 if it is the same as ours, or unknown. */
int clinic_roots_find(struct clinic_roots *roots, pid_t pid);
void clinic_roots_close(struct clinic_roots *roots);

#endif
