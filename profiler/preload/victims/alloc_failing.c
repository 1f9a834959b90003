/*
 * Compiled twice: as the program, which only survives; and as a library to be
 * preloaded behind the counter, in which the call number ALLOC_FAIL_AT of
 * malloc, calloc and realloc fails, whoever makes it.
 */
#include <stdlib.h>

#ifdef ALLOC_FAILING
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);

static int fails(void)
{
	static atomic_long calls;
	const char *at = getenv("ALLOC_FAIL_AT");

	if (!at || atomic_fetch_add(&calls, 1) + 1 != atol(at))
		return 0;
	errno = ENOMEM;
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
