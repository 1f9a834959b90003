/* Opens a file below another root folder: openat2 with RESOLVE_IN_ROOT. */
#include "symbols/path_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static int open_joined(const char *root, const char *path)
{
	char joined[PATH_MAX];
	int length = snprintf(joined, sizeof(joined), "%s/%s", root, path);
	int fd;

	if (length < 0 || (size_t)length >= sizeof(joined))
		return -ENAMETOOLONG;
	fd = open(joined, FLAGS);
	return fd < 0 ? -errno : fd;
}

static int open_below(const char *root, const char *path)
{
	struct open_how how = {.flags = FLAGS, .resolve = RESOLVE_IN_ROOT};
	int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	long fd;

	if (folder < 0)
		return -errno;
	fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
	if (fd < 0)
		fd = -errno;
	close(folder);
	/*
	 * EPERM comes from containers whose seccomp filter does not know the
	 * call.
	 */
	if (fd == -ENOSYS || fd == -EPERM)
		return open_joined(root, path);
	return (int)fd;
}

int clinic_path_open(const char *root, const char *path)
{
	int fd;

	if (root)
		return open_below(root, path);
	fd = open(path, FLAGS);
	return fd < 0 ? -errno : fd;
}
