/*
 * Looks up the real allocation functions, and allocates from the bootstrap
 * arena for dlsym meanwhile.
 */
#include "preload/alloc/real_allocator.h"
#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define BOOTSTRAP_ALIGN 16u

_Alignas(BOOTSTRAP_ALIGN) char real_bootstrap[BOOTSTRAP_BYTES];
static _Atomic size_t bootstrap_used_bytes;
static __thread bool resolving;

static void *bootstrap_take(size_t alignment, size_t bytes)
{
	size_t room = bytes + alignment + BOOTSTRAP_ALIGN;
	uintptr_t at;

	if (bytes > BOOTSTRAP_BYTES || alignment > BOOTSTRAP_BYTES ||
	    atomic_load(&bootstrap_used_bytes) + room > BOOTSTRAP_BYTES) {
		errno = ENOMEM;
		return NULL;
	}
	room = room / BOOTSTRAP_ALIGN * BOOTSTRAP_ALIGN;
	at = (uintptr_t)real_bootstrap +
	     atomic_fetch_add(&bootstrap_used_bytes, room);
	return (void *)((at + alignment - 1) / alignment * alignment);
}

/*
 * The first_* functions are in the table until the symbols are known. If dlsym
 * itself calls them, they allocate from the bootstrap arena.
 */
static void *first_malloc(size_t bytes)
{
	if (resolving)
		return bootstrap_take(BOOTSTRAP_ALIGN, bytes);
	real_resolve();
	return real.malloc(bytes);
}

static void *first_calloc(size_t count, size_t bytes)
{
	size_t total;

	if (!resolving) {
		real_resolve();
		return real.calloc(count, bytes);
	}
	if (__builtin_mul_overflow(count, bytes, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	/* The arena is zero, and no block of it is used twice. */
	return bootstrap_take(BOOTSTRAP_ALIGN, total);
}

static void *first_realloc(void *block, size_t bytes)
{
	size_t readable;
	void *copy;

	if (!resolving) {
		real_resolve();
		return real.realloc(block, bytes);
	}
	copy = bootstrap_take(BOOTSTRAP_ALIGN, bytes);
	if (!copy || !block)
		return copy;
	/*
	 * The length of the old block is not kept, so the copy must not read
	 * beyond the end of the arena.
	 */
	readable = (size_t)(real_bootstrap + BOOTSTRAP_BYTES - (char *)block);
	return memmove(copy, block, bytes < readable ? bytes : readable);
}

static void *first_memalign(size_t alignment, size_t bytes)
{
	if (resolving)
		return bootstrap_take(alignment, bytes);
	real_resolve();
	return real.memalign(alignment, bytes);
}

static void first_free(void *block)
{
	if (resolving)
		return;
	real_resolve();
	real.free(block);
}

/* dlsym calls none of the following, so they need no bootstrap arena. */
static void *first_aligned_alloc(size_t alignment, size_t bytes)
{
	real_resolve();
	return real.aligned_alloc(alignment, bytes);
}

static int first_posix_memalign(void **block, size_t alignment, size_t bytes)
{
	real_resolve();
	return real.posix_memalign(block, alignment, bytes);
}

static void *first_valloc(size_t bytes)
{
	real_resolve();
	return real.valloc(bytes);
}

static void *first_pvalloc(size_t bytes)
{
	real_resolve();
	return real.pvalloc(bytes);
}

static size_t first_malloc_usable_size(void *block)
{
	real_resolve();
	return real.malloc_usable_size(block);
}

struct real_allocator real = {
	.malloc = first_malloc,
	.calloc = first_calloc,
	.realloc = first_realloc,
	.free = first_free,
	.memalign = first_memalign,
	.aligned_alloc = first_aligned_alloc,
	.posix_memalign = first_posix_memalign,
	.valloc = first_valloc,
	.pvalloc = first_pvalloc,
	.malloc_usable_size = first_malloc_usable_size,
};

static bool is_in_libc(const void *function)
{
	Dl_info there, libc;

	return dladdr(function, &there) &&
	       dladdr((void *)(uintptr_t)gnu_get_libc_version, &libc) &&
	       there.dli_fbase == libc.dli_fbase;
}

static void resolve(void *member, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol)
		memcpy(member, &symbol, sizeof(symbol));
}

void real_resolve(void)
{
	struct real_allocator found = real;

	resolving = true;
	resolve(&found.malloc, "malloc");
	resolve(&found.calloc, "calloc");
	resolve(&found.realloc, "realloc");
	resolve(&found.free, "free");
	resolve(&found.memalign, "memalign");
	resolve(&found.aligned_alloc, "aligned_alloc");
	resolve(&found.posix_memalign, "posix_memalign");
	resolve(&found.valloc, "valloc");
	resolve(&found.pvalloc, "pvalloc");
	resolve(&found.malloc_usable_size, "malloc_usable_size");
	found.is_resolved = true;
	found.may_nest = !is_in_libc((void *)(uintptr_t)found.malloc);
	real = found;
	resolving = false;
}
