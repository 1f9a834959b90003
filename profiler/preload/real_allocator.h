/*
 * preload/real_allocator.h - the allocator that the program would have had.
 *
 * Every member may be called at any time: before the symbols are looked up
 * it is a function that looks them up first.
 *
 * Ownership  blocks handed out while dlsym itself allocates come from a
 *            small arena of ours; real_is_bootstrap tells them apart, and
 *            they are never freed.
 * Threads    any.
 * Read next  preload/alloc_hooks.c, the only caller.
 */
#ifndef PRELOAD_REAL_ALLOCATOR_H
#define PRELOAD_REAL_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

struct real_allocator {
	void *(*malloc)(size_t bytes);
	void *(*calloc)(size_t count, size_t bytes);
	void *(*realloc)(void *block, size_t bytes);
	void *(*reallocarray)(void *block, size_t count, size_t bytes);
	void (*free)(void *block);
	void *(*memalign)(size_t alignment, size_t bytes);
	void *(*aligned_alloc)(size_t alignment, size_t bytes);
	int (*posix_memalign)(void **block, size_t alignment, size_t bytes);
	void *(*valloc)(size_t bytes);
	void *(*pvalloc)(size_t bytes);
	size_t (*malloc_usable_size)(void *block);
};

extern struct real_allocator real;

void real_resolve(void);

bool real_is_bootstrap(const void *block);

#endif
