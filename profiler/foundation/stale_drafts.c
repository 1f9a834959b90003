/* Locks drafts, and removes those of writers that were killed. */
#include "foundation/stale_drafts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A draft that is just being made is not locked yet. */
enum { STALE_AFTER_S = 60, DIGITS = 16 };

void clinic_draft_lock(int fd)
{
	(void)flock(fd, LOCK_EX | LOCK_NB);
}

static bool is_draft_name(const char *name)
{
	size_t prefix = strlen(CLINIC_DRAFT_PREFIX);

	return !strncmp(name, CLINIC_DRAFT_PREFIX, prefix) &&
	       strspn(name + prefix, "0123456789abcdef") == DIGITS &&
	       !strcmp(name + prefix + DIGITS, CLINIC_DRAFT_SUFFIX);
}

static bool is_ours_and_old(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISREG(status.st_mode) &&
	       status.st_uid == geteuid() &&
	       status.st_mtime + STALE_AFTER_S < time(NULL);
}

static void remove_if_stale(int folder_fd, const char *name)
{
	int fd = openat(folder_fd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (is_ours_and_old(fd) && !flock(fd, LOCK_EX | LOCK_NB))
		unlinkat(folder_fd, name, 0);
	close(fd);
}

void clinic_stale_drafts_remove(int folder_fd)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (fd >= 0 && !entries)
		close(fd);
	while (entries && (entry = readdir(entries)))
		if (is_draft_name(entry->d_name))
			remove_if_stale(folder_fd, entry->d_name);
	if (entries)
		closedir(entries);
}
