/* The calls of the program that the timer sampler must know of. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "preload/stack/stack_tables.h"
#include "preload/timer/timer_sampler.h"

#define EXPORT __attribute__((visibility("default")))

/*
 * Between pthread_create and the thread's first instruction, its function
 * waits here: no allocation, since those of the program are counted. Blocks
 * stay: as many as there were threads about to start at one moment.
 */
struct start {
	_Atomic bool is_taken;
	void *(*function)(void *);
	void *argument;
};

#define STARTS_IN_BLOCK 256

struct start_block {
	struct start_block *next;
	struct start starts[STARTS_IN_BLOCK];
};

static _Atomic(struct start_block *) blocks;

static struct start *take_in(struct start_block *block)
{
	for (size_t i = 0; i < STARTS_IN_BLOCK; i++)
		if (!atomic_exchange_explicit(&block->starts[i].is_taken, true,
					      memory_order_acquire))
			return &block->starts[i];
	return NULL;
}

/* With its first place taken. */
static struct start *add_block(void)
{
	struct start_block *block = mmap(NULL, sizeof(*block),
					 PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (block == MAP_FAILED)
		return NULL;
	block->starts[0].is_taken = true;
	block->next = blocks;
	while (!atomic_compare_exchange_weak(&blocks, &block->next, block))
		;
	return &block->starts[0];
}

static struct start *take_start(void)
{
	struct start *start = NULL;

	for (struct start_block *at = blocks; at && !start; at = at->next)
		start = take_in(at);
	return start ? start : add_block();
}

static void leave_start(struct start *start)
{
	atomic_store_explicit(&start->is_taken, false, memory_order_release);
}

static void *begin_thread(void *taken)
{
	struct start *start = taken;
	void *(*function)(void *) = start->function;
	void *argument = start->argument;

	leave_start(start);
	timer_sampler_thread_begin(__builtin_frame_address(0));
	/* The last call is a jump: no stack may show a frame of ours. */
	return function(argument);
}

static struct {
	int (*pthread_create)(pthread_t *, const pthread_attr_t *,
			      void *(*)(void *), void *);
	int (*dlclose)(void *);
} real;

/* dlsym gives an object pointer for what is a function: POSIX's own way. */
static void find_real(const char *name, void *function)
{
	*(void **)function = dlsym(RTLD_NEXT, name);
}

/*
 * Before any fork: dlsym takes the loader's lock, which a child may find
 * held for good. Constructors that run before ours may call us before.
 */
__attribute__((constructor)) static void find_all(void)
{
	if (real.dlclose)
		return;
	find_real("pthread_create", &real.pthread_create);
	find_real("dlclose", &real.dlclose);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*function)(void *), void *argument)
{
	struct start *start;
	int err;

	find_all();
	start = timer_sampler_is_active() ? take_start() : NULL;
	if (!start)
		return real.pthread_create(thread, attributes, function,
					   argument);
	start->function = function;
	start->argument = argument;
	err = real.pthread_create(thread, attributes, begin_thread, start);
	if (err)
		leave_start(start);
	return err;
}

/* What was sampled in a plugin is looked up after it has gone. */
EXPORT int dlclose(void *handle)
{
	int result;

	find_all();
	timer_sampler_maps_change();
	result = real.dlclose(handle);
	stack_tables_note_unload();
	return result;
}
