/*
 * preload/alloc/real_allocator.h - the allocator that the program would have
 * had.
 *
 * Every member may be called at any time: before the symbols are looked up
 * it is a function that looks them up first.
 *
 * Ownership  blocks handed out while dlsym itself allocates come from a
 *            small arena of ours; real_is_bootstrap tells them apart, and
 *            they are never freed.
 * Threads    any.
 * Read next  preload/alloc/alloc_hooks.c, the only caller.
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
	bool may_nest; /* not the C library's: may call the hooks again */
};

extern __attribute__((visibility("hidden"))) struct real_allocator real;

void real_resolve(void);

/*
 * dlsym may allocate (an error text, per-thread state of old glibc) while
 * there is nobody yet to allocate from. 64 KiB is a hundred times what any
 * glibc was seen to want; when it is used up those calls fail as malloc may.
 */
#define BOOTSTRAP_BYTES ((size_t)64 << 10)

extern __attribute__((
	visibility("hidden"))) char real_bootstrap[BOOTSTRAP_BYTES];

static inline bool real_is_bootstrap(const void *block)
{
	return (uintptr_t)block - (uintptr_t)real_bootstrap < BOOTSTRAP_BYTES;
}

#endif
