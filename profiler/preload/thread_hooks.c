/* Hooks the start of threads, to note what must be known about each. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <threads.h>

#include "preload/causal/causal_sampler.h"
#include "preload/causal/virtual_time.h"
#include "preload/stack/thread_stack.h"
#include "preload/timer/timer_sampler.h"

#define EXPORT __attribute__((visibility("default")))

/* The stack that the new thread will get. */
struct stack_wish {
	uint64_t low; /* 0: the C library allocates the stack */
	uint64_t bytes;
	uint64_t guard_bytes; /* of these, at the low end */
};

/*
 * From pthread_create until the thread begins, its function and argument are
 * kept here. They are not allocated by malloc, because the program's
 * allocations are counted. The blocks are never freed: there are as many as
 * threads were about to begin at the same moment.
 */
struct start {
	_Atomic bool is_taken;
	union {
		void *(*function)(void *);
		thrd_start_t c11_function; /* returns another type */
	};
	void *argument;
	struct stack_wish stack;
	uint64_t taken_ns; /* of virtual delays, by the creator */
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

/* A new block, whose first place is already taken by the caller. */
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

/* More than the thread's descriptor, which lies above its frames, needs. */
#define DESCRIPTOR_BYTES 4096u

/*
 * The C library may round sizes and choose the layout. The low end that we note
 * is never below the real one.
 */
static struct thread_stack stack_of(const struct stack_wish *wish)
{
	uint64_t descriptor = (uint64_t)__builtin_thread_pointer();
	uint64_t guard = wish->guard_bytes > DESCRIPTOR_BYTES
				 ? wish->guard_bytes
				 : DESCRIPTOR_BYTES;

	if (!wish->bytes)
		return (struct thread_stack){0};
	if (wish->low)
		return (struct thread_stack){wish->low, descriptor};
	return (struct thread_stack){descriptor - wish->bytes + guard,
				     descriptor};
}

static struct start take_out(struct start *start)
{
	struct start taken = *start;

	leave_start(start);
	thread_stack_begin(stack_of(&taken.stack));
	return taken;
}

/* By value: the address of a local would keep the last call from a jump. */
static void note_begin(uint64_t taken_ns, const void *frame)
{
	timer_sampler_thread_begin(frame);
	causal_thread_begin(taken_ns);
}

static void *begin_thread(void *taken)
{
	struct start start = take_out(taken);
	void *(*function)(void *) = start.function;
	void *argument = start.argument;

	note_begin(start.taken_ns, __builtin_frame_address(0));
	/* The last call is a jump: no stack may show a frame of ours. */
	return function(argument);
}

static int begin_c11_thread(void *taken)
{
	struct start start = take_out(taken);
	thrd_start_t function = start.c11_function;
	void *argument = start.argument;

	note_begin(start.taken_ns, __builtin_frame_address(0));
	return function(argument);
}

static struct {
	int (*pthread_create)(pthread_t *, const pthread_attr_t *,
			      void *(*)(void *), void *);
	int (*thrd_create)(thrd_t *, thrd_start_t, void *);
} real;

/* dlsym returns an object pointer; POSIX defines its use as a function. */
static void find_real(const char *name, void *function)
{
	*(void **)function = dlsym(RTLD_NEXT, name);
}

/*
 * This runs before any fork, because dlsym takes the loader's lock, which stays
 * locked for ever in a child that is forked while another thread holds it. The
 * hooks call this too: constructors that run before ours may call a hook.
 */
__attribute__((constructor)) static void find_all(void)
{
	if (real.thrd_create)
		return;
	find_real("pthread_create", &real.pthread_create);
	find_real("thrd_create", &real.thrd_create);
}

/*
 * The stack that pthread_create will give the thread. This must be called
 * before it, because both take the same lock.
 */
static struct stack_wish read_wish(const pthread_attr_t *attributes)
{
	struct stack_wish wish = {0};
	pthread_attr_t usual;
	size_t bytes, guard_bytes;
	void *low;

	if (!attributes && pthread_attr_init(&usual))
		return wish;
	if (!attributes)
		attributes = &usual;
	if (pthread_attr_getstacksize(attributes, &bytes) ||
	    pthread_attr_getguardsize(attributes, &guard_bytes))
		return wish;
	wish.bytes = bytes;
	wish.guard_bytes = guard_bytes;
	/*
	 * The caller gave no stack: the attributes hold an error or the end of
	 * the address space.
	 */
	if (!pthread_attr_getstack(attributes, &low, &bytes) &&
	    (uintptr_t)low < UINTPTR_MAX / 2)
		wish.low = (uint64_t)low;
	return wish;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*function)(void *), void *argument)
{
	struct start *start = take_start();
	int err;

	find_all();
	if (!start)
		return real.pthread_create(thread, attributes, function,
					   argument);
	start->function = function;
	start->argument = argument;
	start->stack = read_wish(attributes);
	start->taken_ns = virtual_time_taken_ns();
	err = real.pthread_create(thread, attributes, begin_thread, start);
	if (err)
		leave_start(start);
	return err;
}

EXPORT int thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
	struct start *start = take_start();
	int result;

	find_all();
	if (!start)
		return real.thrd_create(thread, function, argument);
	start->c11_function = function;
	start->argument = argument;
	start->stack = read_wish(NULL);
	start->taken_ns = virtual_time_taken_ns();
	result = real.thrd_create(thread, begin_c11_thread, start);
	if (result != thrd_success)
		leave_start(start);
	return result;
}
