/* Follows from thread to lock to owner until a circle closes. */
#include "preload/lock/deadlock.h"
#include "preload/arena.h"
#include "preload/cancellation.h"
#include "preload/stack/call_sites.h"
#include "preload/stack/spare_stack.h"
#include "preload/lock/lock_table.h"
#include "preload/stderr_text.h"
#include "preload/thread_counts.h"
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define CIRCLE_MAX 64u

struct circle {
	size_t count;
	const struct thread_block *threads[CIRCLE_MAX];
	uint64_t locks[CIRCLE_MAX]; /* that each waits for */
};

/*
 * Who holds it, by glibc's own note: exact for recursive locks too, and for
 * those that were taken before we were asked.
 */
static uint32_t holder_of(uint64_t address)
{
	const struct lock_block *lock =
		lock_find((const void *)address, LOCK_MUTEX);
	const pthread_mutex_t *mutex = (const void *)address;
	const pthread_rwlock_t *rwlock = (const void *)address;

	if (lock && lock->kind == LOCK_MUTEX)
		return (uint32_t)__atomic_load_n(&mutex->__data.__owner,
						 __ATOMIC_RELAXED);
	if (lock && lock->kind == LOCK_RWLOCK)
		return (uint32_t)__atomic_load_n(&rwlock->__data.__cur_writer,
						 __ATOMIC_RELAXED);
	return 0;
}

static const struct thread_block *thread_of(uint32_t tid)
{
	const struct thread_block *thread = NULL;

	while (tid && (thread = arena_next(BLOCK_THREAD, thread)))
		if (thread->tid == tid)
			break;
	return tid ? thread : NULL;
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
		at = thread_of(holder_of(lock));
		if (at == self)
			return true;
	}
	return false;
}

static uint64_t deadlock_look(const struct thread_block *self)
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

static void say_thread(const struct circle *circle, size_t at)
{
	const struct thread_block *thread = circle->threads[at];
	const struct site_block *site = call_site_find(thread->waits_at);
	/* The one before it waits for what it holds. */
	size_t before = (at + circle->count - 1) % circle->count;
	struct stack stack = {0};

	say("thread ");
	say_count(thread->tid);
	say(" (");
	say(thread->name);
	say(") holds ");
	say_variable(circle->locks[before]);
	say("\n  and waits for ");
	say_variable(circle->locks[at]);
	say(" at\n");
	if (!site)
		return;
	stack.frames_count = site->frames_count;
	memcpy(stack.frames, site->frames,
	       site->frames_count * sizeof(*site->frames));
	say_stack(&stack);
}

static void say_inversion(const struct circle *circle)
{
	say("clinic: the order is inverted: ");
	for (size_t i = 0; i < circle->count; i++) {
		size_t before = (i + circle->count - 1) % circle->count;

		say(i ? "; thread " : "thread ");
		say_count(circle->threads[i]->tid);
		say(" takes ");
		say_variable(circle->locks[before]);
		say(", then ");
		say_variable(circle->locks[i]);
	}
	say("\n");
}

static void deadlock_tell(struct thread_block *self)
{
	struct circle circle;
	struct arena_head *head = arena_get_head();
	int before;

	if (!find_circle(self, &circle) ||
	    __atomic_fetch_add(&head->deadlocks_count, 1, __ATOMIC_RELAXED))
		return;
	before = cancellation_pause();
	thread_pause_counting(self);
	say("clinic: deadlock: ");
	say_count(circle.count);
	say(circle.count == 1 ? " thread waits for itself\n"
			      : " threads wait for each other\n");
	for (size_t i = 0; i < circle.count; i++)
		say_thread(&circle, i);
	if (circle.count > 1)
		say_inversion(&circle);
	thread_resume_counting(self);
	cancellation_resume(before);
}

/* A waiter looks for a deadlock this often; two looks must agree. */
#define LOOK_NS 200000000l

struct timespec deadlock_next_look(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += LOOK_NS;
	if (at.tv_nsec >= 1000000000l) {
		at.tv_nsec -= 1000000000l;
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
	uint64_t circle = deadlock_look(look->self);

	if (circle && circle == *look->before)
		deadlock_tell(look->self);
	*look->before = circle;
}

void deadlock_look_again(struct thread_block *self, uint64_t *before)
{
	struct look look = {self, before};

	spare_stack_call(look_again, &look);
}
