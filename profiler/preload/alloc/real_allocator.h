/*
 * preload/alloc/real_allocator.h - the allocator that the program would use
 * without this library.
 *
 * Every member may be called at any time: until the symbols have been looked
 * up, it is a function that first looks them up.
 *
 * Ownership  blocks that dlsym itself allocates during the look-up come from a
 *            small bootstrap arena of ours. real_is_bootstrap recognises them;
 *            they are never freed.
 * Threads    any.
 * Read next  preload/alloc/alloc_hooks.c, which calls these functions.
 */
#ifndef PRELOAD_ALLOC_REAL_ALLOCATOR_H
#define PRELOAD_ALLOC_REAL_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct real_allocator {
	void *(*malloc)(size_t bytes);
	void *(*calloc)(size_t count, size_t bytes);
	void *(*realloc)(void *block, size_t bytes);
	void (*free)(void *block);
	void *(*memalign)(size_t alignment, size_t bytes);
	void *(*aligned_alloc)(size_t alignment, size_t bytes);
	int (*posix_memalign)(void **block, size_t alignment, size_t bytes);
	void *(*valloc)(size_t bytes);
	void *(*pvalloc)(size_t bytes);
	size_t (*malloc_usable_size)(void *block);
	bool is_resolved;
	/* The allocator is not the C library's, and may call the hooks. */
	bool may_nest;
};

extern __attribute__((visibility("hidden"))) struct real_allocator real;

void real_resolve(void);

/*
 * dlsym may allocate (an error message, or data of the thread in an old glibc)
 * before the real allocator is known. 64 KiB is a hundred times as much as any
 * glibc was seen to need; when it is used up, such an allocation fails as a
 * malloc may.
 */
#define BOOTSTRAP_BYTES ((size_t)64 << 10)

extern __attribute__((
	visibility("hidden"))) char real_bootstrap[BOOTSTRAP_BYTES];

static inline bool real_is_bootstrap(const void *block)
{
	return (uintptr_t)block - (uintptr_t)real_bootstrap < BOOTSTRAP_BYTES;
}

#endif
