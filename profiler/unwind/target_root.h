/*
 * unwind/target_root.h - keeps the root folders of processes whose root folder
 * is not ours.
 *
 * In a container or chroot, /usr/lib/debug is another folder than ours, and is
 * gone when the process has ended. So the root folder is kept open from the
 * first mapping on.
 *
 * Ownership  descriptors belong to the list until clinic_roots_close().
 * Read next  unwind/module.h.
 */
#ifndef CLINIC_UNWIND_TARGET_ROOT_H
#define CLINIC_UNWIND_TARGET_ROOT_H

#include <stdint.h>
#include <sys/types.h>

#define CLINIC_ROOTS_MAX 32 /* containers at a time, not processes */

struct clinic_roots {
	struct {
		uint64_t mount, inode;
		int fd;
		int mounts_fd; /* keeps mounts below it in place */
	} list[CLINIC_ROOTS_MAX];
	int count;
};

/* The root folder of the process; -1: it is ours, or it is not known. */
int clinic_roots_find(struct clinic_roots *roots, pid_t pid);
void clinic_roots_close(struct clinic_roots *roots);

#endif
