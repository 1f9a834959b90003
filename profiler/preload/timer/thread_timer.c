/* Makes and deletes the timers of threads, and passes on their ticks. */
#include "preload/timer/thread_timer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include "preload/thread_number.h"
#include "preload/timer/timer_signal.h"

static long period_ns;
static int signal_number;
static void (*tick)(const void *context);

/* The destructor of this key runs when a thread ends, and deletes its timer. */
static pthread_key_t end_key;
static bool has_end_key;

static _Thread_local struct {
	bool has_timer;
	int timer; /* the kernel's number for it */
} self;

/* A bit for each timer of this process that is ours, by the kernel's number. */
#define TIMERS_KNOWN 65536
static _Atomic uint64_t timers[TIMERS_KNOWN / 64];

static void note_timer(int timer)
{
	if (timer < TIMERS_KNOWN)
		atomic_fetch_or(&timers[timer / 64], UINT64_C(1) << timer % 64);
}

static void delete_timer(int timer)
{
	if (timer < TIMERS_KNOWN)
		atomic_fetch_and(&timers[timer / 64],
				 ~(UINT64_C(1) << timer % 64));
	(void)raw_call(SYS_timer_delete, timer, 0, 0, 0);
}

/* A thread may delete the timers of the others, so all are in one table. */
void thread_timer_end_all(void)
{
	for (int timer = 0; timer < TIMERS_KNOWN; timer++)
		if (timers[timer / 64] >> timer % 64 & 1)
			delete_timer(timer);
}

void thread_timer_end(void)
{
	if (!self.has_timer || confinement.is_filtered)
		return;
	self.has_timer = false;
	delete_timer(self.timer);
}

static void on_thread_end(void *unused)
{
	(void)unused;
	thread_timer_end();
}

/* A tick may come after the end of its timer. */
static void on_signal(const void *context)
{
	if (self.has_timer && !confinement.is_filtered)
		tick(context);
}

/* glibc's timer_create may allocate, so the system call is made directly. */
static int create_timer(int *timer)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
				 .sigev_signo = signal_number,
				 .sigev_value.sival_ptr = &timer_signal_mark};
	struct itimerspec every = {{0, period_ns}, {0, period_ns}};

	event._sigev_un._tid = (pid_t)thread_number();
	if (syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, timer))
		return -errno;
	note_timer(*timer);
	if (syscall(SYS_timer_settime, *timer, 0, &every, NULL))
		return -errno;
	return 0;
}

void thread_timer_begin(void)
{
	self.has_timer = !create_timer(&self.timer);
	if (has_end_key)
		pthread_setspecific(end_key, &self);
}

void thread_timer_restart(void)
{
	self.has_timer = false;
	for (size_t i = 0; i < TIMERS_KNOWN / 64; i++)
		timers[i] = 0;
}

int thread_timer_open(long wanted_ns, void (*on_tick)(const void *context))
{
	period_ns = wanted_ns;
	tick = on_tick;
	signal_number = timer_signal_take(on_signal);
	if (!signal_number)
		return -EBUSY;
	has_end_key = !pthread_key_create(&end_key, on_thread_end);
	return 0;
}
