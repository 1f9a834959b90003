/*
 * preload/raw_calls.h - system calls as the kernel has them.
 *
 * The functions of the C library with these names are cancellation points: a
 * thread that is cancelled in a hook would end there, in the middle of the
 * program's malloc. The calls here are no cancellation points, do not change
 * errno, and take no lock.
 *
 * Errors     -errno.
 * Signals    all of it is safe in handlers.
 */
#ifndef PRELOAD_RAW_CALLS_H
#define PRELOAD_RAW_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static inline long raw_call(long number, long a, long b, long c, long d)
{
	int saved_errno = errno;
	long result = syscall(number, a, b, c, d);

	if (result < 0)
		result = -errno;
	errno = saved_errno;
	return result;
}

/*
 * A library that was loaded besides may have a getpid of its own: that of
 * faketime calls dlsym, which allocates, from inside malloc.
 */
static inline pid_t raw_pid(void)
{
	return (pid_t)raw_call(SYS_getpid, 0, 0, 0, 0);
}

static inline int raw_open(const char *path, int flags, mode_t mode)
{
	return (int)raw_call(SYS_openat, AT_FDCWD, (long)path,
			     flags | O_CLOEXEC, (long)mode);
}

static inline void raw_close(int fd)
{
	(void)raw_call(SYS_close, fd, 0, 0, 0);
}

static inline ssize_t raw_read(int fd, void *to, size_t bytes)
{
	return raw_call(SYS_read, fd, (long)to, (long)bytes, 0);
}

static inline ssize_t raw_pread(int fd, void *to, size_t bytes, off_t offset)
{
	return raw_call(SYS_pread64, fd, (long)to, (long)bytes, (long)offset);
}

static inline ssize_t raw_pwrite(int fd, const void *from, size_t bytes,
				 off_t offset)
{
	return raw_call(SYS_pwrite64, fd, (long)from, (long)bytes,
			(long)offset);
}

static inline ssize_t raw_write(int fd, const void *from, size_t bytes)
{
	return raw_call(SYS_write, fd, (long)from, (long)bytes, 0);
}

static inline int raw_allocate(int fd, off_t bytes)
{
	return (int)raw_call(SYS_fallocate, fd, 0, 0, (long)bytes);
}

#endif
