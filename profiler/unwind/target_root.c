/* Opens the root folders of processes, each of them once. */
#include "unwind/target_root.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The mount is compared, too, because another mount namespace may have the same
 * root folder.
 */
static bool identify(int fd, struct statx *status)
{
	unsigned int wanted = STATX_INO | STATX_MNT_ID;

	/* MemorySanitizer does not know that statx() writes it. */
	*status = (struct statx){0};
	return !statx(fd, "", AT_EMPTY_PATH, wanted, status) &&
	       (status->stx_mask & wanted) == wanted;
}

static bool is_ours(const struct statx *status)
{
	struct statx own;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_same = fd >= 0 && identify(fd, &own) &&
		       own.stx_ino == status->stx_ino &&
		       own.stx_mnt_id == status->stx_mnt_id;

	if (fd >= 0)
		close(fd);
	return is_same;
}

static int known(const struct clinic_roots *roots, const struct statx *status)
{
	for (int i = 0; i < roots->count; i++)
		if (roots->list[i].mount == status->stx_mnt_id &&
		    roots->list[i].inode == status->stx_ino)
			return roots->list[i].fd;
	return -1;
}

static int open_of(pid_t pid, const char *name, int flags)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return open(path, flags | O_CLOEXEC);
}

/* Becomes the owner of fd. */
static int add(struct clinic_roots *roots, pid_t pid, int fd,
	       const struct statx *status)
{
	roots->list[roots->count].mount = status->stx_mnt_id;
	roots->list[roots->count].inode = status->stx_ino;
	roots->list[roots->count].fd = fd;
	roots->list[roots->count].mounts_fd = open_of(pid, "ns/mnt", O_RDONLY);
	roots->count++;
	return fd;
}

int clinic_roots_find(struct clinic_roots *roots, pid_t pid)
{
	struct statx status;
	int fd = open_of(pid, "root", O_PATH | O_DIRECTORY);
	int found = -1;

	if (fd < 0)
		return -1;
	if (identify(fd, &status) && !is_ours(&status)) {
		found = known(roots, &status);
		if (found < 0 && roots->count < CLINIC_ROOTS_MAX)
			return add(roots, pid, fd, &status);
	}
	close(fd);
	return found;
}

void clinic_roots_close(struct clinic_roots *roots)
{
	while (roots->count) {
		roots->count--;
		close(roots->list[roots->count].fd);
		if (roots->list[roots->count].mounts_fd >= 0)
			close(roots->list[roots->count].mounts_fd);
	}
}
