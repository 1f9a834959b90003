/* Finds the file of a fixture, and maps it. */
#include "bench/bench_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int choose_path(char *chosen, const char *path, const char *workload,
		       const char *size)
{
	char program[PATH_MAX];
	ssize_t end;
	int length;

	if (path) {
		length = snprintf(chosen, PATH_MAX, "%s", path);
		return length < PATH_MAX ? 0 : -ENAMETOOLONG;
	}
	end = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (end < 0)
		return -errno;
	program[end] = '\0';
	length = snprintf(chosen, PATH_MAX, "%s/../../fixtures/%s/%s.bin",
			  dirname(program), workload, size);
	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* MAP_POPULATE lets the page faults happen now, and not in the first runs. */
static int map_file(struct bench_fixture *fixture, int fd)
{
	struct stat status;
	void *bytes;

	if (fstat(fd, &status))
		return -errno;
	if (status.st_size == 0)
		return -ENODATA;
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ,
		     MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	fixture->bytes = bytes;
	fixture->bytes_count = (size_t)status.st_size;
	return 0;
}

int bench_fixture_open(struct bench_fixture *fixture, const char *path,
		       const char *workload, const char *size)
{
	int err, fd;

	*fixture = (struct bench_fixture){0};
	err = choose_path(fixture->path, path, workload, size);
	if (err)
		return err;
	fd = open(fixture->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = map_file(fixture, fd);
	close(fd);
	return err;
}

void bench_fixture_close(struct bench_fixture *fixture)
{
	if (fixture->bytes)
		munmap((void *)(uintptr_t)fixture->bytes, fixture->bytes_count);
	fixture->bytes = NULL;
}
