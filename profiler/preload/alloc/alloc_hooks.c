/*
 * Interposes the allocation functions: each calls the real function and counts
 * the call. A free is counted before the block is given back, because
 * afterwards another thread may own that address; an allocation is counted
 * after it has succeeded.
 */
#include "preload/alloc/alloc_track.h"
#include "preload/alloc/real_allocator.h"
#include "preload/thread_counts.h"
#include <errno.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

/* Some C libraries do not declare these functions. */
void cfree(void *block);
void free_sized(void *block, size_t bytes);
void free_aligned_sized(void *block, size_t alignment, size_t bytes);
void *memalign(size_t alignment, size_t bytes);
void *pvalloc(size_t bytes);
size_t malloc_usable_size(void *block);

/*
 * An allocator other than the C library's may call these hooks itself, for
 * example our malloc from its calloc. Only the outermost call is counted.
 */
static inline struct thread_block *enter(void)
{
	struct thread_block *self = thread_self();

	if (__builtin_expect(real.may_nest, 0))
		thread_pause_counting(self);
	return self;
}

static inline void leave(struct thread_block *self)
{
	if (__builtin_expect(real.may_nest, 0))
		thread_resume_counting(self);
}

/*
 * The walk of the stack begins in the hook. This function is inlined, so that
 * the frame and the program counter are the hook's own.
 */
__attribute__((always_inline)) static inline void
note_allocation(struct thread_block *self, const void *block, size_t bytes)
{
	count_allocation(self, bytes);
	if (__builtin_expect(track_plan.is_active, 0) && !self->depth) {
		struct stack_entry entry = {
			.frame = __builtin_frame_address(0),
			.pc = stack_entry_pc(),
		};

		track_allocation(self, block, bytes, &entry);
	}
}

__attribute__((always_inline)) static inline void *
allocated(struct thread_block *self, void *block, size_t bytes)
{
	leave(self);
	if (__builtin_expect(block != NULL, 1))
		note_allocation(self, block, bytes);
	return block;
}

EXPORT void *malloc(size_t bytes)
{
	struct thread_block *self = enter();

	return allocated(self, real.malloc(bytes), bytes);
}

EXPORT void *calloc(size_t count, size_t bytes)
{
	struct thread_block *self = enter();

	/* If the call succeeded, the product has not overflowed. */
	return allocated(self, real.calloc(count, bytes), count * bytes);
}

/*
 * The old block was allocated by dlsym, from the bootstrap arena, which never
 * frees its blocks.
 */
static void *realloc_bootstrap(void *block, size_t bytes)
{
	unsigned char *to = malloc(bytes);
	const unsigned char *from = block;

	for (size_t i = 0; to && i < bytes && real_is_bootstrap(from + i); i++)
		to[i] = from[i];
	return to;
}

/*
 * A realloc that succeeds counts as one free and one allocation; a realloc of
 * NULL is only an allocation, and one to size 0 may be only a free. The record
 * of the old block is taken out of the table before the call, because another
 * thread may get a block at that address before the call returns.
 */
__attribute__((always_inline)) static inline void *reallocate(void *old,
							      size_t bytes)
{
	struct thread_block *self = enter();
	struct live_record record;
	bool is_tracked = track_plan.with_live && old &&
			  track_take(old, &record);
	void *block = real.realloc(old, bytes);
	bool is_freed = old && (block || bytes == 0);

	leave(self);
	if (is_freed)
		count_free(self);
	if (is_tracked && is_freed)
		track_freed(self, old, &record);
	else if (is_tracked)
		track_put_back(old, &record);
	if (block)
		note_allocation(self, block, bytes);
	return block;
}

EXPORT void *realloc(void *block, size_t bytes)
{
	if (__builtin_expect(real_is_bootstrap(block), 0))
		return realloc_bootstrap(block, bytes);
	return reallocate(block, bytes);
}

EXPORT void *reallocarray(void *block, size_t count, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(count, bytes, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	if (__builtin_expect(real_is_bootstrap(block), 0))
		return realloc_bootstrap(block, total);
	/*
	 * This does not call libc's reallocarray, which calls realloc, which is
	 * our hook: the call would count twice.
	 */
	return reallocate(block, total);
}

static void free_nesting(struct thread_block *self, void *block)
{
	thread_pause_counting(self);
	real.free(block);
	thread_resume_counting(self);
}

EXPORT void free(void *block)
{
	struct thread_block *self;

	if (!block || __builtin_expect(real_is_bootstrap(block), 0))
		return;
	self = thread_self();
	count_free(self);
	if (__builtin_expect(track_plan.with_live, 0) && !self->depth)
		track_free(self, block);
	if (__builtin_expect(real.may_nest, 0))
		free_nesting(self, block);
	else
		real.free(block);
}

EXPORT void cfree(void *block)
{
	free(block);
}

EXPORT void free_sized(void *block, size_t bytes)
{
	(void)bytes;
	free(block);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes)
{
	(void)alignment;
	(void)bytes;
	free(block);
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
	struct thread_block *self = enter();

	return allocated(self, real.memalign(alignment, bytes), bytes);
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
	struct thread_block *self = enter();

	return allocated(self, real.aligned_alloc(alignment, bytes), bytes);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes)
{
	struct thread_block *self = enter();
	int error = real.posix_memalign(block, alignment, bytes);

	allocated(self, error ? NULL : *block, bytes);
	return error;
}

EXPORT void *valloc(size_t bytes)
{
	struct thread_block *self = enter();

	return allocated(self, real.valloc(bytes), bytes);
}

EXPORT void *pvalloc(size_t bytes)
{
	struct thread_block *self = enter();

	return allocated(self, real.pvalloc(bytes), bytes);
}

EXPORT size_t malloc_usable_size(void *block)
{
	/*
	 * The size of a bootstrap block is not known, but only dlsym ever has
	 * such a block.
	 */
	return real_is_bootstrap(block) ? 0 : real.malloc_usable_size(block);
}
