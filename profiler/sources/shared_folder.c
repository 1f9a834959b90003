/* Makes, locks, sweeps and removes the folder of a run's shared memory. */
#include "sources/shared_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "foundation/growing_array.h"
#include "sources/file_owner.h"

/* A folder that is just being made is not locked yet. */
#define SWEPT_AFTER_S 60

/* Folders that a target made in ours are removed down to this depth. */
#define DEPTH_MAX 8

static const char *const places[] = {"/dev/shm", "/tmp"};

static DIR *open_entries(int folder_fd)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !entries)
		close(fd);
	return entries;
}

static void remove_entries(int folder_fd, int depth)
{
	DIR *entries = open_entries(folder_fd);
	const struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		const char *name = entry->d_name;
		int fd;

		if (!strcmp(name, ".") || !strcmp(name, "..") ||
		    !unlinkat(folder_fd, name, 0))
			continue;
		fd = openat(folder_fd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && depth < DEPTH_MAX)
			remove_entries(fd, depth + 1);
		if (fd >= 0)
			close(fd);
		unlinkat(folder_fd, name, AT_REMOVEDIR);
	}
	if (entries)
		closedir(entries);
}

struct owned_files {
	struct clinic_owned_file *list;
	size_t count, room;
};

/* false: out of memory. */
static bool add_file(struct owned_files *files, int folder_fd, const char *name)
{
	struct clinic_owned_file file = {
		.inner = (uint32_t)strtoul(name, NULL, 10)};
	struct clinic_owned_file *grown;

	if (!file.inner ||
	    fstatat(folder_fd, name, &file.status, AT_SYMLINK_NOFOLLOW))
		return true;
	grown = clinic_grow(files->list, files->count, &files->room,
			    sizeof(*grown));
	if (!grown)
		return false;
	files->list = grown;
	files->list[files->count++] = file;
	return true;
}

/* The age of the folder; UINT64_MAX: the file system does not know it. */
static uint64_t age_s(int folder_fd)
{
	struct statx status;
	time_t now = time(NULL);

	if (statx(folder_fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) ||
	    !(status.stx_mask & STATX_BTIME))
		return UINT64_MAX;
	return now > status.stx_btime.tv_sec
		       ? (uint64_t)(now - status.stx_btime.tv_sec)
		       : 0;
}

/*
 * It is not enough that a process with the number exists: it may be another one
 * by now, and in every PID namespace some process has the number 1.
 */
bool clinic_shared_folder_is_used(const struct clinic_shared_folder *folder)
{
	DIR *entries = open_entries(folder->fd);
	struct owned_files files = {0};
	const struct dirent *entry;
	bool is_known = true, is_used;

	while (entries && is_known && (entry = readdir(entries)))
		is_known = add_file(&files, folder->fd, entry->d_name);
	if (entries)
		closedir(entries);
	is_used = !is_known || clinic_files_are_used(files.list, files.count,
						     age_s(folder->fd));
	free(files.list);
	return is_used;
}

static void close_folder(struct clinic_shared_folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	clinic_handover_close(&folder->door);
	*folder = (struct clinic_shared_folder){.fd = -1,
						.door = {.listener = -1}};
}

void clinic_shared_folder_remove(struct clinic_shared_folder *folder)
{
	if (!folder->path[0])
		return;
	if (folder->fd >= 0)
		remove_entries(folder->fd, 0);
	rmdir(folder->path);
	close_folder(folder);
}

void clinic_shared_folder_leave(struct clinic_shared_folder *folder)
{
	close_folder(folder);
}

static bool is_ours_and_old(const struct clinic_shared_folder *folder)
{
	struct stat status;

	return !fstat(folder->fd, &status) && status.st_uid == geteuid() &&
	       status.st_mtime + SWEPT_AFTER_S < time(NULL);
}

static void sweep_one(const char *place, const char *name)
{
	struct clinic_shared_folder folder = {.door = {.listener = -1}};

	snprintf(folder.path, sizeof(folder.path), "%s/%.40s", place, name);
	folder.fd = open(folder.path,
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder.fd < 0)
		return;
	if (is_ours_and_old(&folder) && !flock(folder.fd, LOCK_EX | LOCK_NB) &&
	    !clinic_shared_folder_is_used(&folder))
		clinic_shared_folder_remove(&folder);
	else
		clinic_shared_folder_leave(&folder);
}

/* Removes the folders of recorders that were killed or left one to daemons. */
static void sweep(const char *place, const char *prefix)
{
	size_t wanted = strlen(prefix) + strlen("XXXXXX");
	DIR *entries = opendir(place);
	const struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)) &&
		    strlen(entry->d_name) == wanted)
			sweep_one(place, entry->d_name);
	if (entries)
		closedir(entries);
}

static int make_in(struct clinic_shared_folder *folder, const char *place,
		   const char *prefix)
{
	snprintf(folder->path, sizeof(folder->path), "%s/%sXXXXXX", place,
		 prefix);
	if (!mkdtemp(folder->path)) {
		folder->path[0] = '\0';
		return -errno;
	}
	folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0) {
		int err = -errno;

		clinic_shared_folder_remove(folder);
		return err;
	}
	(void)flock(folder->fd, LOCK_SH);
	(void)clinic_handover_open(&folder->door);
	return 0;
}

int clinic_shared_folder_make(struct clinic_shared_folder *folder,
			      const char *prefix)
{
	int err = -ENOENT;

	*folder = (struct clinic_shared_folder){.fd = -1,
						.door = {.listener = -1}};
	clinic_tick_clock_start(&folder->clock);
	for (size_t i = 0; err && i < sizeof(places) / sizeof(*places); i++) {
		sweep(places[i], prefix);
		err = make_in(folder, places[i], prefix);
	}
	return err;
}

int clinic_shared_folder_open(const struct clinic_shared_folder *folder,
			      const char *name, int flags)
{
	/* A FIFO would wait for its other end. */
	int fd = clinic_handover_take(&folder->door, name);
	struct stat status;

	if (fd == -ENOENT)
		fd = openat(folder->fd, name,
			    flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	return -ENOTSUP;
}

static int each_handed(const struct clinic_handover_door *door,
		       int (*call)(void *context, const char *name),
		       void *context)
{
	int err = 0;

	for (size_t i = 0; !err && i < door->files_count; i++)
		err = call(context, door->files[i].name);
	return err;
}

int clinic_shared_folder_each(const struct clinic_shared_folder *folder,
			      int (*call)(void *context, const char *name),
			      void *context)
{
	DIR *entries = open_entries(folder->fd);
	const struct dirent *entry;
	int err = entries ? 0 : -errno;

	while (!err && (entry = readdir(entries)))
		if (entry->d_name[0] != '.' &&
		    strlen(entry->d_name) < CLINIC_HANDED_NAME_BYTES)
			err = call(context, entry->d_name);
	if (entries)
		closedir(entries);
	return err ? err : each_handed(&folder->door, call, context);
}

void clinic_shared_folder_drop(struct clinic_shared_folder *folder,
			       const char *name)
{
	unlinkat(folder->fd, name, 0);
	clinic_handover_forget(&folder->door, name);
}
