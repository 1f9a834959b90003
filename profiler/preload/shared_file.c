/* Makes and maps the file of a process in the collector's folder. */
#include "preload/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "preload/hand_over.h"
#include "preload/raw_calls.h"

/* The most programs that one process can become by exec. */
#define PROGRAMS_MOST 10000

/* The folder's path is short, because a handler may have little stack. */
#define PATH_BYTES 288
#define NAME_BYTES 32 /* "/PID.NUMBER" */

/* printf must not be called in a signal handler. */
static char *write_number(char *at, unsigned number)
{
	char digits[12];
	int count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count)
		*at++ = digits[--count];
	*at = '\0';
	return at;
}

static int create(const char *folder)
{
	char path[PATH_BYTES];
	char *end;

	if (strlen(folder) > sizeof(path) - NAME_BYTES)
		return -ENAMETOOLONG;
	end = stpcpy(path, folder);
	*end++ = '/';
	end = write_number(end, (unsigned)raw_pid());
	*end++ = '.';
	for (unsigned number = 0; number < PROGRAMS_MOST; number++) {
		int fd;

		write_number(end, number);
		fd = raw_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd != -EEXIST)
			return fd;
	}
	return -EEXIST;
}

/*
 * A block that cannot be allocated later would cause a SIGBUS in a handler, and
 * a file beyond the program's limit a SIGXFSZ.
 */
static int allocate(int fd, size_t bytes)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < bytes)
		return -EFBIG;
	return raw_allocate(fd, (off_t)bytes);
}

static int map(int fd, size_t bytes, void **at)
{
	int error = allocate(fd, bytes);

	if (error)
		return error;
	*at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return *at == MAP_FAILED ? -errno : 0;
}

static int open_in_folder(const char *folder, size_t bytes, void **at)
{
	int fd = create(folder), error;

	if (fd < 0)
		return fd;
	error = map(fd, bytes, at);
	raw_close(fd);
	return error;
}

static int open_by_handover(const struct handover *handover, size_t bytes,
			    void **at)
{
	int fd = handover_make(), error;

	if (fd < 0)
		return fd;
	error = map(fd, bytes, at);
	if (!error) {
		error = handover_send(handover, fd);
		if (error)
			munmap(*at, bytes);
	}
	raw_close(fd);
	return error;
}

int shared_file_open(const char *folder, const struct handover *handover,
		     size_t bytes, void **at)
{
	int error = open_in_folder(folder, bytes, at), given;

	if (!error || !handover->address_bytes)
		return error;
	given = open_by_handover(handover, bytes, at);
	return given ? error : 0;
}
