/*
 * Looks for deadlocks: goes from a thread to the lock that it waits for, from
 * that lock to its holder, and so on, until it comes back to the first thread.
 *
 *	thread 1 -- waits for --> lock B -- held by --> thread 2
 *	   ^                                               |
 *	   +---- held by -- lock A <-- waits for ----------+
 */
#include "preload/lock/deadlock.h"
#include "preload/arena.h"
#include "preload/cancellation.h"
#include "preload/confinement.h"
#include "preload/stack/call_sites.h"
#include "preload/stack/spare_stack.h"
#include "preload/lock/lock_table.h"
#include "preload/stderr_text.h"
#include "preload/thread_counts.h"
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define CIRCLE_MAX 64u

struct circle {
	size_t count;
	const struct thread_block *threads[CIRCLE_MAX];
	uint64_t locks[CIRCLE_MAX]; /* the key of the lock that each awaits */
};

/*
 * The memory of another thread's lock may have been unmapped. So the kernel
 * reads it for us, and returns an error in that case.
 */
static bool read_number(const void *at, uint32_t *number)
{
	struct iovec local = {number, sizeof(*number)};
	struct iovec remote = {(void *)(uintptr_t)at, sizeof(*number)};
	int saved_errno = errno;
	ssize_t got = process_vm_readv(gettid(), &local, 1, &remote, 1, 0);

	errno = saved_errno;
	return got == sizeof(*number);
}

static const struct thread_block *thread_of(uint32_t tid)
{
	const struct thread_block *thread = NULL;

	while (tid && (thread = arena_next(BLOCK_THREAD, thread)))
		if (thread->tid == tid)
			break;
	return tid ? thread : NULL;
}

/*
 * Several blocks may have this handle, because the C library gives the handle
 * of an ended thread to a new one. Only a thread that still runs can wait.
 */
static const struct thread_block *thread_by_handle(uint64_t handle)
{
	const struct thread_block *thread = NULL;

	while ((thread = arena_next(BLOCK_THREAD, thread)))
		if (thread->handle == handle &&
		    __atomic_load_n(&thread->waits_for, __ATOMIC_ACQUIRE))
			break;
	return thread;
}

/*
 * The thread that holds the lock, as glibc has noted it in the lock itself. So
 * this is right for recursive locks too, and for locks that were taken before
 * anybody waited. A thread that is joined holds the "lock" until it ends.
 */
static const struct thread_block *holder_of(uint64_t key)
{
	const void *address = (const void *)lock_address_of(key);
	const pthread_mutex_t *mutex = address;
	const pthread_rwlock_t *rwlock = address;
	uint32_t tid = 0;

	switch (lock_kind_of(key)) {
	case LOCK_MUTEX:
		return read_number(&mutex->__data.__owner, &tid)
			       ? thread_of(tid)
			       : NULL;
	case LOCK_RWLOCK:
		return read_number(&rwlock->__data.__cur_writer, &tid)
			       ? thread_of(tid)
			       : NULL;
	case LOCK_JOIN:
		return thread_by_handle((uint64_t)address);
	default:
		return NULL;
	}
}

static bool find_circle(const struct thread_block *self, struct circle *circle)
{
	const struct thread_block *at = self;

	circle->count = 0;
	while (at && circle->count < CIRCLE_MAX) {
		uint64_t lock =
			__atomic_load_n(&at->waits_for, __ATOMIC_ACQUIRE);

		if (!lock)
			return false;
		circle->threads[circle->count] = at;
		circle->locks[circle->count++] = lock;
		at = holder_of(lock);
		if (at == self)
			return true;
	}
	return false;
}

/* A hash of the circle through this thread; 0: there is no circle. */
static uint64_t hash_circle(const struct thread_block *self)
{
	struct circle circle;
	uint64_t hash = 1;

	if (!find_circle(self, &circle))
		return 0;
	for (size_t i = 0; i < circle.count; i++)
		hash = (hash * 31 + circle.locks[i]) * 31 +
		       circle.threads[i]->tid;
	return hash | 1;
}

static bool is_join(const struct circle *circle, size_t at)
{
	return lock_kind_of(circle->locks[at]) == LOCK_JOIN;
}

static void print_lock(const struct circle *circle, size_t at)
{
	stderr_variable(lock_address_of(circle->locks[at]));
}

static void print_held(const struct circle *circle, size_t at)
{
	/* The thread before this one in the circle waits for this one. */
	size_t before = (at + circle->count - 1) % circle->count;

	if (is_join(circle, before)) {
		stderr_text(" has a thread that waits for its end");
		return;
	}
	stderr_text(" holds ");
	print_lock(circle, before);
}

static void print_awaited(const struct circle *circle, size_t at)
{
	if (!is_join(circle, at)) {
		print_lock(circle, at);
		return;
	}
	stderr_text("the end of thread ");
	stderr_count(circle->threads[(at + 1) % circle->count]->tid);
}

static void print_thread(const struct circle *circle, size_t at)
{
	const struct thread_block *thread = circle->threads[at];
	const struct site_block *site = call_site_find(thread->waits_at);
	struct stack stack = {0};

	stderr_text("thread ");
	stderr_count(thread->tid);
	stderr_text(" (");
	stderr_text(thread->name);
	stderr_text(")");
	print_held(circle, at);
	stderr_text("\n  and waits for ");
	print_awaited(circle, at);
	stderr_text(" at\n");
	if (!site)
		return;
	stack.frames_count = site->frames_count;
	memcpy(stack.frames, site->frames,
	       site->frames_count * sizeof(*site->frames));
	stderr_stack(&stack);
}

/*
 * Only of locks can it be said that two threads take them in opposite order,
 * not of the end of a thread.
 */
static bool is_inversion(const struct circle *circle)
{
	for (size_t i = 0; i < circle->count; i++)
		if (is_join(circle, i))
			return false;
	return circle->count > 1;
}

static void print_inversion(const struct circle *circle)
{
	stderr_text("clinic: the order is inverted: ");
	for (size_t i = 0; i < circle->count; i++) {
		size_t before = (i + circle->count - 1) % circle->count;

		stderr_text(i ? "; thread " : "thread ");
		stderr_count(circle->threads[i]->tid);
		stderr_text(" takes ");
		print_lock(circle, before);
		stderr_text(", then ");
		print_lock(circle, i);
	}
	stderr_text("\n");
}

static void print_deadlock(struct thread_block *self)
{
	struct circle circle;
	struct arena_head *head = arena_get_head();
	int before;

	if (!find_circle(self, &circle) ||
	    __atomic_fetch_add(&head->deadlocks_count, 1, __ATOMIC_RELAXED))
		return;
	before = cancellation_pause();
	thread_pause_counting(self);
	stderr_text("clinic: deadlock: ");
	stderr_count(circle.count);
	stderr_text(circle.count == 1 ? " thread waits for itself\n"
				      : " threads wait for each other\n");
	for (size_t i = 0; i < circle.count; i++)
		print_thread(&circle, i);
	if (is_inversion(&circle))
		print_inversion(&circle);
	thread_resume_counting(self);
	cancellation_resume(before);
}

/* A waiting thread looks for a deadlock this often. */
#define LOOK_NS 200000000l

struct timespec deadlock_next_look(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += LOOK_NS;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_nsec -= 1000000000L;
		at.tv_sec++;
	}
	return at;
}

struct look {
	struct thread_block *self;
	uint64_t *before;
};

static void look_again(void *looking)
{
	const struct look *look = looking;
	uint64_t circle = hash_circle(look->self);

	if (circle && circle == *look->before)
		print_deadlock(look->self);
	*look->before = circle;
}

void deadlock_look_again(struct thread_block *self, uint64_t *before)
{
	struct look look = {self, before};

	if (!confinement.is_filtered)
		spare_stack_call(look_again, &look);
}
