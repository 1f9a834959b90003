/*
 * The waiting functions of POSIX threads, interposed. Each tries first: what
 * it gets without waiting costs a table look-up and a count, no clock.
 *
 * Only calls through the dynamic linker come here: locks inside the C
 * library, and those that a program builds on futexes, are not seen.
 */
#include "preload/alloc/alloc_track.h"
#include "preload/lock/deadlock.h"
#include "preload/lock/lock_hooks.h"
#include "preload/lock/lock_wait.h"
#include "preload/thread_counts.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

/* A waiter looks for a deadlock this often; two looks must agree. */
#define LOOK_NS 200000000l

typedef const struct timespec *deadline;

static struct {
	int (*mutex_lock)(pthread_mutex_t *);
	int (*mutex_trylock)(pthread_mutex_t *);
	int (*mutex_timedlock)(pthread_mutex_t *, deadline);
	int (*mutex_clocklock)(pthread_mutex_t *, clockid_t, deadline);
	int (*mutex_unlock)(pthread_mutex_t *);
	int (*rwlock_rdlock)(pthread_rwlock_t *);
	int (*rwlock_wrlock)(pthread_rwlock_t *);
	int (*rwlock_tryrdlock)(pthread_rwlock_t *);
	int (*rwlock_trywrlock)(pthread_rwlock_t *);
	int (*rwlock_clockwrlock)(pthread_rwlock_t *, clockid_t, deadline);
	int (*rwlock_unlock)(pthread_rwlock_t *);
	int (*cond_wait)(pthread_cond_t *, pthread_mutex_t *);
	int (*cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, deadline);
	int (*cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t,
			      deadline);
	int (*sem_wait)(sem_t *);
	int (*sem_trywait)(sem_t *);
	int (*sem_timedwait)(sem_t *, deadline);
	int (*join)(pthread_t, void **);
	int (*tryjoin)(pthread_t, void **);
} real_lock;

static const struct {
	void *member;
	const char *name;
	const char *version; /* where there are several; NULL: the only one */
} symbols[] = {
	{&real_lock.mutex_lock, "pthread_mutex_lock", NULL},
	{&real_lock.mutex_trylock, "pthread_mutex_trylock", NULL},
	{&real_lock.mutex_timedlock, "pthread_mutex_timedlock", NULL},
	{&real_lock.mutex_clocklock, "pthread_mutex_clocklock", NULL},
	{&real_lock.rwlock_rdlock, "pthread_rwlock_rdlock", NULL},
	{&real_lock.rwlock_wrlock, "pthread_rwlock_wrlock", NULL},
	{&real_lock.rwlock_tryrdlock, "pthread_rwlock_tryrdlock", NULL},
	{&real_lock.rwlock_trywrlock, "pthread_rwlock_trywrlock", NULL},
	{&real_lock.rwlock_clockwrlock, "pthread_rwlock_clockwrlock", NULL},
	{&real_lock.rwlock_unlock, "pthread_rwlock_unlock", NULL},
#if defined(__x86_64__)
	/* dlsym would give the oldest, of another condition variable. */
	{&real_lock.cond_wait, "pthread_cond_wait", "GLIBC_2.3.2"},
	{&real_lock.cond_timedwait, "pthread_cond_timedwait", "GLIBC_2.3.2"},
#else
	{&real_lock.cond_wait, "pthread_cond_wait", NULL},
	{&real_lock.cond_timedwait, "pthread_cond_timedwait", NULL},
#endif
	{&real_lock.cond_clockwait, "pthread_cond_clockwait", NULL},
	{&real_lock.sem_wait, "sem_wait", NULL},
	{&real_lock.sem_trywait, "sem_trywait", NULL},
	{&real_lock.sem_timedwait, "sem_timedwait", NULL},
	{&real_lock.join, "pthread_join", NULL},
	{&real_lock.tryjoin, "pthread_tryjoin_np", NULL},
	/* Last: its presence says that all are there. */
	{&real_lock.mutex_unlock, "pthread_mutex_unlock", NULL},
};

static void find_all(void)
{
	struct thread_block *self = thread_self();

	thread_pause_counting(self);
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		void *found = symbols[i].version
				      ? dlvsym(RTLD_NEXT, symbols[i].name,
					       symbols[i].version)
				      : dlsym(RTLD_NEXT, symbols[i].name);

		memcpy(symbols[i].member, &found, sizeof(found));
	}
	thread_resume_counting(self);
}

void lock_hooks_open(void)
{
	find_all();
}

/* Whether this call is to be watched; the real functions are there then. */
static inline bool is_watched(void)
{
	if (__builtin_expect(track_plan.with_locks, 0))
		return true;
	if (__builtin_expect(!real_lock.mutex_unlock, 0))
		find_all();
	return false;
}

__attribute__((always_inline)) static inline struct stack_entry entry_here(void)
{
	return (struct stack_entry){.frame = __builtin_frame_address(0),
				    .pc = stack_entry_pc()};
}

static bool is_acquired(int error)
{
	return error == 0 || error == EOWNERDEAD;
}

static struct timespec next_look(void)
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

static void look_for_deadlock(const struct wait *wait, uint64_t *before)
{
	uint64_t circle = deadlock_look(wait->thread);

	if (circle && circle == *before)
		deadlock_tell(wait->thread);
	*before = circle;
}

/* In slices, so that a waiter finds out when it waits in vain. */
static int wait_for_mutex(pthread_mutex_t *mutex, const struct wait *wait)
{
	uint64_t circle = 0;

	for (;;) {
		struct timespec until = next_look();
		int error = real_lock.mutex_clocklock(mutex, CLOCK_MONOTONIC,
						      &until);

		/* Kernels that cannot time this kind of mutex so. */
		if (error == EINVAL)
			return real_lock.mutex_lock(mutex);
		if (error != ETIMEDOUT)
			return error;
		look_for_deadlock(wait, &circle);
	}
}

__attribute__((noinline)) static int
contend_mutex(pthread_mutex_t *mutex, struct lock_block *lock,
	      const struct stack_entry *entry)
{
	struct wait wait;
	int error;

	if (!lock)
		return real_lock.mutex_lock(mutex);
	wait_begin(&wait, lock, entry);
	error = wait_for_mutex(mutex, &wait);
	wait_end(&wait, is_acquired(error), true);
	lock->acquisitions_count += is_acquired(error);
	return error;
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct lock_block *lock;
	struct stack_entry entry;
	int error;

	if (!is_watched())
		return real_lock.mutex_lock(mutex);
	error = real_lock.mutex_trylock(mutex);
	lock = lock_find(mutex, LOCK_MUTEX);
	if (__builtin_expect(error == EBUSY, 0)) {
		entry = entry_here();
		return contend_mutex(mutex, lock, &entry);
	}
	if (lock && is_acquired(error))
		lock->acquisitions_count++; /* ours alone while we hold it */
	return error;
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	struct lock_block *lock;
	int error;

	if (!is_watched())
		return real_lock.mutex_trylock(mutex);
	error = real_lock.mutex_trylock(mutex);
	lock = lock_find(mutex, LOCK_MUTEX);
	if (lock && is_acquired(error))
		lock->acquisitions_count++;
	return error;
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, deadline until)
{
	struct stack_entry entry;
	struct lock_block *lock;
	struct wait wait;
	int error;

	if (!is_watched())
		return real_lock.mutex_timedlock(mutex, until);
	entry = entry_here();
	lock = lock_find(mutex, LOCK_MUTEX);
	error = real_lock.mutex_trylock(mutex);
	if (error == EBUSY && !lock)
		return real_lock.mutex_timedlock(mutex, until);
	if (error == EBUSY) {
		wait_begin(&wait, lock, &entry);
		error = real_lock.mutex_timedlock(mutex, until);
		wait_end(&wait, is_acquired(error), true);
	}
	if (lock && is_acquired(error))
		lock->acquisitions_count++;
	return error;
}

static inline bool is_any_lock_busy(void)
{
	return atomic_load_explicit(&lock_busy_count, memory_order_relaxed);
}

static inline bool wants_release(const struct lock_block *lock)
{
	return lock->held_since_ns ||
	       __atomic_load_n(&lock->waiters_count, __ATOMIC_RELAXED);
}

__attribute__((noinline)) static void
tell_release(const pthread_mutex_t *mutex, const struct stack_entry *entry)
{
	struct lock_block *lock = lock_find(mutex, LOCK_MUTEX);

	if (lock && wants_release(lock))
		wait_released(lock, entry);
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	/* Not is_watched(): nothing is busy where nobody watches. */
	if (__builtin_expect(!real_lock.mutex_unlock, 0))
		find_all();
	if (__builtin_expect(is_any_lock_busy(), 0)) {
		struct stack_entry entry = entry_here();

		tell_release(mutex, &entry);
	}
	return real_lock.mutex_unlock(mutex);
}

/* Readers are not exclusive: their count is shared, and they hold nothing. */
EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *rwlock)
{
	struct stack_entry entry;
	struct lock_block *lock;
	struct wait wait;
	int error;

	if (!is_watched())
		return real_lock.rwlock_rdlock(rwlock);
	entry = entry_here();
	lock = lock_find(rwlock, LOCK_RWLOCK);
	error = real_lock.rwlock_tryrdlock(rwlock);
	if (error == EBUSY && !lock)
		return real_lock.rwlock_rdlock(rwlock);
	if (error == EBUSY) {
		wait_begin(&wait, lock, &entry);
		error = real_lock.rwlock_rdlock(rwlock);
		wait_end(&wait, error == 0, false);
	}
	if (lock && error == 0)
		__atomic_fetch_add(&lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	return error;
}

static int wait_to_write(pthread_rwlock_t *rwlock, const struct wait *wait)
{
	uint64_t circle = 0;

	for (;;) {
		struct timespec until = next_look();
		int error = real_lock.rwlock_clockwrlock(
			rwlock, CLOCK_MONOTONIC, &until);

		if (error != ETIMEDOUT)
			return error;
		look_for_deadlock(wait, &circle);
	}
}

EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *rwlock)
{
	struct stack_entry entry;
	struct lock_block *lock;
	struct wait wait;
	int error;

	if (!is_watched())
		return real_lock.rwlock_wrlock(rwlock);
	entry = entry_here();
	lock = lock_find(rwlock, LOCK_RWLOCK);
	error = real_lock.rwlock_trywrlock(rwlock);
	if (error == EBUSY && !lock)
		return real_lock.rwlock_wrlock(rwlock);
	if (error == EBUSY) {
		wait_begin(&wait, lock, &entry);
		error = wait_to_write(rwlock, &wait);
		wait_end(&wait, error == 0, true);
	}
	if (lock && error == 0)
		__atomic_fetch_add(&lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	return error;
}

static bool is_writer(const pthread_rwlock_t *rwlock,
		      const struct thread_block *self)
{
	return (uint32_t)rwlock->__data.__cur_writer == self->tid;
}

EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *rwlock)
{
	struct stack_entry entry;
	struct lock_block *lock;

	if (!is_watched())
		return real_lock.rwlock_unlock(rwlock);
	lock = lock_find(rwlock, LOCK_RWLOCK);
	if (lock && wants_release(lock) && is_writer(rwlock, thread_self())) {
		entry = entry_here();
		wait_released(lock, &entry);
	}
	return real_lock.rwlock_unlock(rwlock);
}

/* Waiting for a condition gives the mutex back meanwhile. */
static void begin_cond(struct wait *wait, pthread_cond_t *cond,
		       pthread_mutex_t *mutex, const struct stack_entry *entry)
{
	struct lock_block *held = lock_find(mutex, LOCK_MUTEX);
	struct lock_block *awaited = lock_find(cond, LOCK_COND);

	if (held && wants_release(held))
		wait_released(held, entry);
	*wait = (struct wait){0};
	if (awaited)
		wait_begin(wait, awaited, entry);
}

static int end_cond(struct wait *wait, int error)
{
	if (!wait->lock)
		return error;
	/* Not counted per wait: a condition is not acquired. */
	wait_end(wait, error == 0, false);
	if (error == 0)
		__atomic_fetch_add(&wait->lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	return error;
}

EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	struct stack_entry entry;
	struct wait wait;

	if (!is_watched())
		return real_lock.cond_wait(cond, mutex);
	entry = entry_here();
	begin_cond(&wait, cond, mutex, &entry);
	return end_cond(&wait, real_lock.cond_wait(cond, mutex));
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  deadline until)
{
	struct stack_entry entry;
	struct wait wait;

	if (!is_watched())
		return real_lock.cond_timedwait(cond, mutex, until);
	entry = entry_here();
	begin_cond(&wait, cond, mutex, &entry);
	return end_cond(&wait, real_lock.cond_timedwait(cond, mutex, until));
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  clockid_t clock, deadline until)
{
	struct stack_entry entry;
	struct wait wait;

	if (!is_watched())
		return real_lock.cond_clockwait(cond, mutex, clock, until);
	entry = entry_here();
	begin_cond(&wait, cond, mutex, &entry);
	return end_cond(&wait,
			real_lock.cond_clockwait(cond, mutex, clock, until));
}

static int wait_for_sem(sem_t *sem, deadline until,
			const struct stack_entry *entry)
{
	struct lock_block *lock = lock_find(sem, LOCK_SEM);
	struct wait wait;
	int error = real_lock.sem_trywait(sem);

	if (error && errno == EAGAIN) {
		if (lock)
			wait_begin(&wait, lock, entry);
		error = until ? real_lock.sem_timedwait(sem, until)
			      : real_lock.sem_wait(sem);
		if (lock)
			wait_end(&wait, error == 0, false);
	}
	if (lock && error == 0)
		__atomic_fetch_add(&lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	return error;
}

EXPORT int sem_wait(sem_t *sem)
{
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.sem_wait(sem);
	entry = entry_here();
	return wait_for_sem(sem, NULL, &entry);
}

EXPORT int sem_timedwait(sem_t *restrict sem, deadline restrict until)
{
	struct stack_entry entry;

	if (!is_watched())
		return real_lock.sem_timedwait(sem, until);
	entry = entry_here();
	return wait_for_sem(sem, until, &entry);
}

EXPORT int pthread_join(pthread_t thread, void **result)
{
	struct stack_entry entry;
	struct lock_block *lock;
	struct wait wait;
	int error;

	if (!is_watched())
		return real_lock.join(thread, result);
	entry = entry_here();
	lock = lock_find((const void *)thread, LOCK_JOIN);
	error = real_lock.tryjoin(thread, result);
	if (error == EBUSY && !lock)
		return real_lock.join(thread, result);
	if (error == EBUSY) {
		wait_begin(&wait, lock, &entry);
		error = real_lock.join(thread, result);
		wait_end(&wait, error == 0, false);
	}
	if (lock && error == 0)
		__atomic_fetch_add(&lock->acquisitions_count, 1,
				   __ATOMIC_RELAXED);
	return error;
}
