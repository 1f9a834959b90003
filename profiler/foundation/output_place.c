/* Finds the folder of a path, one component at a time, and makes the draft. */
#include "foundation/output_place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "foundation/stale_drafts.h"

enum { LINKS_MAX = 40 };

struct walk {
	struct clinic_output_place *place;
	char rest[PATH_MAX]; /* of the path, after place->folder_fd */
	int links_count;
};

static int enter(struct walk *walk, const char *name)
{
	int fd = openat(walk->place->folder_fd, name,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(walk->place->folder_fd);
	walk->place->folder_fd = fd;
	return 0;
}

/*
 * Is it a link to a descriptor, such as /proc/self/fd/1? Its text is no path.
 */
static bool leads_to_descriptor(const struct walk *walk, const char *text)
{
	struct statfs system;

	return *text != '/' && !strchr(text, '/') && strchr(text, ':') &&
	       !fstatfs(walk->place->folder_fd, &system) &&
	       system.f_type == PROC_SUPER_MAGIC;
}

static bool is_trusted(const struct stat *link)
{
	return link->st_uid == geteuid() || link->st_uid == 0;
}

/*
 * Puts the target of the link before the rest of the path. Returns 1; or 0 for
 * a link to a descriptor.
 */
static int follow(struct walk *walk, const char *name)
{
	char text[PATH_MAX];
	size_t rest = strlen(walk->rest);
	ssize_t length = readlinkat(walk->place->folder_fd, name, text,
				    sizeof(text) - 1);
	int error;

	if (length < 0)
		return -errno;
	text[length] = '\0';
	if (leads_to_descriptor(walk, text))
		return 0;
	if (!is_trusted(&walk->place->status) ||
	    ++walk->links_count > LINKS_MAX)
		return -ELOOP;
	if ((size_t)length + rest + 2 > sizeof(walk->rest))
		return -ENAMETOOLONG;
	memmove(walk->rest + length, walk->rest, rest + 1);
	memcpy(walk->rest, text, (size_t)length);
	error = *text == '/' ? enter(walk, "/") : 0;
	return error ? error : 1;
}

/*
 * Removes the next component from the rest of the path. Returns its length,
 * which is 0 at the end.
 */
static size_t take_name(struct walk *walk, char name[NAME_MAX + 1])
{
	size_t from = strspn(walk->rest, "/");
	size_t length = strcspn(walk->rest + from, "/");

	if (length <= NAME_MAX) {
		memcpy(name, walk->rest + from, length);
		name[length] = '\0';
	}
	memmove(walk->rest, walk->rest + from + length,
		strlen(walk->rest + from + length) + 1);
	return length;
}

/*
 * Follows one component. Returns 1 if there is another one, 0 if this is the
 * file.
 */
static int step(struct walk *walk)
{
	struct clinic_output_place *place = walk->place;
	size_t length = take_name(walk, place->name);
	bool is_last = !*walk->rest;
	int error;

	if (!length)
		return -EISDIR;
	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	place->is_there = !fstatat(place->folder_fd, place->name,
				   &place->status, AT_SYMLINK_NOFOLLOW);
	if (!place->is_there)
		return is_last && errno == ENOENT ? 0 : -errno;
	if (S_ISLNK(place->status.st_mode))
		return follow(walk, place->name);
	if (is_last)
		return S_ISDIR(place->status.st_mode) ? -EISDIR : 0;
	error = enter(walk, place->name);
	return error ? error : 1;
}

static int find(struct clinic_output_place *place, const char *path)
{
	struct walk walk = {.place = place};
	int more = 1;

	place->folder_fd = -1;
	if (strlen(path) >= sizeof(walk.rest))
		return -ENAMETOOLONG;
	strcpy(walk.rest, path);
	place->folder_fd = open(*path == '/' ? "/" : ".",
				O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->folder_fd < 0)
		return -errno;
	while (more > 0)
		more = step(&walk);
	return more;
}

/*
 * A path to one of our own descriptors is not opened again, because it may be a
 * socket, or a file in which other programs write at the same position.
 */
static int own_descriptor(const char *path)
{
	int number = -1, end = 0;

	if (!strcmp(path, "/dev/stdout"))
		number = STDOUT_FILENO;
	else if (!strcmp(path, "/dev/stderr"))
		number = STDERR_FILENO;
	else if (sscanf(path, "/dev/fd/%d%n", &number, &end) == 1 ||
		 sscanf(path, "/proc/self/fd/%d%n", &number, &end) == 1)
		number = path[end] ? -1 : number;
	return number < 0 ? -1 : fcntl(number, F_DUPFD_CLOEXEC, 0);
}

/*
 * A device or a pipe is written to directly, because a rename cannot replace
 * it.
 */
static bool is_special(const struct clinic_output_place *place)
{
	return place->is_there && !S_ISREG(place->status.st_mode);
}

static int open_special(const struct clinic_output_place *place)
{
	int no_follow = S_ISLNK(place->status.st_mode) ? 0 : O_NOFOLLOW;

	return openat(place->folder_fd, place->name,
		      O_WRONLY | O_CLOEXEC | no_follow);
}

/*
 * The name of the draft is random, so nobody can have prepared it. The draft
 * gets the mode of the file that it will replace.
 */
static int open_draft(struct clinic_output_place *place)
{
	uint64_t number;
	int fd;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -1;
	clinic_stale_drafts_remove(place->folder_fd);
	snprintf(place->draft, sizeof(place->draft), "%s%016" PRIx64 "%s",
		 CLINIC_DRAFT_PREFIX, number, CLINIC_DRAFT_SUFFIX);
	fd = openat(place->folder_fd, place->draft,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0) {
		*place->draft = '\0';
		return fd;
	}
	clinic_draft_lock(fd);
	if (place->is_there)
		(void)fchmod(fd, place->status.st_mode & 0777);
	return fd;
}

/* Returns a descriptor; or -1, and errno says why. */
static int open_found(struct clinic_output_place *place)
{
	return is_special(place) ? open_special(place) : open_draft(place);
}

int clinic_output_place_open(struct clinic_output_place *place,
			     const char *path, int *fd)
{
	int error;

	*place = (struct clinic_output_place){.folder_fd = -1};
	*fd = own_descriptor(path);
	if (*fd >= 0)
		return 0;
	error = find(place, path);
	if (!error) {
		*fd = open_found(place);
		error = *fd < 0 ? -errno : 0;
	}
	return error ? clinic_output_place_close(place, error) : 0;
}

int clinic_output_place_close(struct clinic_output_place *place, int error)
{
	int folder_fd = place->folder_fd;

	if (!error && *place->draft &&
	    renameat(folder_fd, place->draft, folder_fd, place->name))
		error = -errno;
	if (error && *place->draft)
		unlinkat(folder_fd, place->draft, 0);
	if (folder_fd >= 0)
		close(folder_fd);
	return error;
}
