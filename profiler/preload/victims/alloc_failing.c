/*
 * Compiled twice: as a program that survives a failed allocation, and as a
 * library to be preloaded after libclinic-preload. In that library, the call
 * number ALLOC_FAIL_AT of malloc, calloc, realloc and mmap together fails and
 * prints "refused", no matter who made the call.
 */
#include <stdlib.h>

#ifdef ALLOC_FAILING
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);

static int fails(void)
{
	static const char said[] = "refused\n";
	static atomic_long calls;
	const char *at = getenv("ALLOC_FAIL_AT");

	if (!at || atomic_fetch_add(&calls, 1) + 1 != atol(at))
		return 0;
	errno = write(STDERR_FILENO, said, sizeof(said) - 1) < 0 ? EIO : ENOMEM;
	return 1;
}

void *malloc(size_t bytes)
{
	return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	return fails() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes)
{
	return fails() ? NULL : __libc_realloc(block, bytes);
}

/* The C library's own calls do not come here. */
void *mmap(void *at, size_t bytes, int protection, int flags, int fd,
	   off_t offset)
{
	if (fails())
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, bytes, protection, flags, fd,
			       offset);
}
#else
int main(void)
{
	void *block = malloc(10), *grown;

	grown = realloc(block, 100);
	free(grown ? grown : block);
	for (int i = 0; i < 10; i++)
		free(calloc(3, 5));
	return 0;
}
#endif
