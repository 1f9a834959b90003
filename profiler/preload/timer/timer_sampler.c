/*
 * The sampler for where perf events are forbidden: each thread has a timer
 * on its own CPU clock, whose signal writes down where the thread was.
 *
 * The kernel looks at such timers at its tick: 250 times a second at most
 * with CONFIG_HZ=250, whatever was asked for. A sample therefore weighs the
 * CPU time that passed since the one before, not a period. The signal is
 * delivered on the way back to user mode: time in the kernel is charged to
 * the function that called it.
 *
 * Nothing happens in a program that was not started for it: see
 * SETTING_SAMPLER.
 */
#include "preload/timer/timer_sampler.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include "preload/thread_number.h"
#include "preload/timer/timer_signal.h"
#include "preload/timer/timer_write.h"
#include "preload/unseen.h"
#include "shared_memory/settings.h"

/*
 * Above the frame in which a thread starts lie those of libc and then the
 * thread's descriptor, or the program's arguments, in the same mapping.
 */
#define ABOVE_START_BYTES 1024

/*
 * A variable of the dynamic linker: where the kernel put the arguments of the
 * first thread.
 */
extern void *__libc_stack_end;

/*
 * Made by the first tick: a process that lives for less than a tick, as most
 * that fork only to exec, costs a timer and no file.
 */
static struct timer_ring ring;
enum { NO_RING, RING_IN_MAKING, RING_READY, RING_FAILED };
static _Atomic int state = NO_RING;
static char folder[TIMER_RING_FOLDER_MAX];
static struct handover handover;
static struct unseen_roll *roll; /* which children have, too */
static long period_ns;
static int signal_number;
static bool is_active;

/*
 * The destructor of this key runs when a thread ends: that is how we learn of
 * the end.
 */
static pthread_key_t end_key;
static bool has_end_key;

static _Thread_local struct {
	bool has_timer;
	int timer; /* the kernel's number */
	uint32_t tid;
	uint64_t cpu_ns; /* at the last sample */
	uintptr_t stack_end;
} self;

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * How much of the stack to make room for. Programs may run on stacks of
 * their own, of which nobody knows the end: then what there may be.
 */
static uint32_t stack_room(uintptr_t sp)
{
	size_t room = atomic_load_explicit(&ring.head->stack_most,
					   memory_order_relaxed);

	if (sp < self.stack_end && room > self.stack_end - sp)
		room = self.stack_end - sp;
	return (uint32_t)(room + TIMER_RING_ALIGN - 1) &
	       ~(uint32_t)(TIMER_RING_ALIGN - 1);
}

/*
 * By the kernel, which stops where memory stops: a load of our own beyond
 * the end of a coroutine's stack would kill the program. Of this thread: the
 * process's first one may have ended, and has no memory then.
 */
static size_t copy_stack(void *to, uintptr_t sp, size_t bytes)
{
	struct iovec local = {to, bytes};
	struct iovec remote = {(void *)sp, bytes};
	ssize_t got = process_vm_readv(gettid(), &local, 1, &remote, 1, 0);

	return got > 0 ? (size_t)got : 0;
}

static void write_sample(const void *context)
{
	uint64_t cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct clinic_registers registers;
	struct timer_sample *sample;
	uintptr_t sp;
	uint32_t room;

	clinic_registers_from_context(&registers, context);
	sp = registers.value[CLINIC_REGISTER_SP];
	room = stack_room(sp);
	sample = (void *)timer_write_reserve(&ring,
					     (uint32_t)sizeof(*sample) + room);
	if (!sample)
		return; /* this tick is counted, and the next sample weighs that
			   much more */
	sample->time_ns = clock_ns(CLOCK_MONOTONIC);
	sample->weight_ns = cpu_ns - self.cpu_ns;
	sample->tid = self.tid;
	sample->cpu = (uint32_t)sched_getcpu();
	prctl(PR_GET_NAME, sample->name);
	sample->registers = registers;
	sample->stack_bytes = copy_stack(sample + 1, sp, room);
	timer_write_commit(&sample->record, TIMER_RECORD_SAMPLE);
	self.cpu_ns = cpu_ns;
}

/*
 * Whoever ticks while another thread makes the ring loses nothing: its next
 * sample weighs that much more.
 */
static bool has_ring(void)
{
	int none = NO_RING, error;

	if (state == RING_READY)
		return true;
	if (!atomic_compare_exchange_strong(&state, &none, RING_IN_MAKING))
		return false;
	error = timer_write_open(&ring, folder, &handover);
	if (error) {
		unseen_note_unopened(roll, -error);
		state = RING_FAILED;
		return false;
	}
	timer_write_maps(&ring);
	state = RING_READY;
	return true;
}

/* The kernel's numbers of those timers of this process that are ours. */
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

/*
 * The table is for all threads, because each of them may delete the timers of
 * the others.
 */
static void delete_all_timers(void)
{
	for (int timer = 0; timer < TIMERS_KNOWN; timer++)
		if (timers[timer / 64] >> timer % 64 & 1)
			delete_timer(timer);
}

static void end_thread(void)
{
	if (!self.has_timer || confinement.is_filtered)
		return;
	self.has_timer = false;
	delete_timer(self.timer);
}

void timer_sampler_confine(void)
{
	if (!is_active || confinement.is_filtered)
		return;
	unseen_note_confined(roll);
	/* Where the ring exists already, stages are still written to it. */
	if (has_ring())
		timer_write_maps(&ring);
	delete_all_timers();
}

static void on_thread_end(void *unused)
{
	(void)unused;
	end_thread();
}

static void on_tick(const void *context)
{
	if (!self.has_timer || confinement.is_filtered)
		return;
	/* Nobody wants samples, or nobody will ever get them. */
	if (!has_ring()) {
		if (state == RING_FAILED)
			end_thread();
		return;
	}
	if (ring.head->is_stopped)
		end_thread();
	else
		write_sample(context);
}

static void write_stage(const char *name)
{
	struct timer_stage *stage =
		(void *)timer_write_reserve(&ring, sizeof(*stage));

	if (!stage)
		return; /* counted */
	stage->time_ns = clock_ns(CLOCK_MONOTONIC);
	stage->tid = self.tid;
	strncpy(stage->name, name, sizeof(stage->name) - 1);
	timer_write_commit(&stage->record, TIMER_RECORD_STAGE);
}

void timer_sampler_stage(const char *name)
{
	if (!is_active || confinement.is_clockless)
		return;
	/* Unlike a tick, a stage does not come again: wait for the ring. */
	while (!has_ring() && state == RING_IN_MAKING)
		sched_yield();
	if (state == RING_READY)
		write_stage(name);
}

/* glibc's timer_create may allocate: the kernel's own does not. */
static int create_timer(int *timer)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
				 .sigev_signo = signal_number,
				 .sigev_value.sival_ptr = &timer_signal_mark};
	struct itimerspec every = {{0, period_ns}, {0, period_ns}};

	event._sigev_un._tid = (pid_t)self.tid;
	if (syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, timer))
		return -errno;
	note_timer(*timer);
	if (syscall(SYS_timer_settime, *timer, 0, &every, NULL))
		return -errno;
	return 0;
}

bool timer_sampler_is_active(void)
{
	return is_active;
}

void timer_sampler_thread_begin(const void *stack_start)
{
	if (!is_active)
		return;
	self.stack_end = (uintptr_t)stack_start + ABOVE_START_BYTES;
	self.tid = thread_number();
	if (confinement.is_filtered)
		return;
	self.cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	self.has_timer = period_ns && !create_timer(&self.timer);
	if (has_end_key)
		pthread_setspecific(end_key, &self);
}

void timer_sampler_maps_change(void)
{
	if (state == RING_READY && !confinement.is_filtered)
		timer_write_maps(&ring);
}

static bool read_setting(void)
{
	const char *setting = getenv(SETTING_SAMPLER);
	const char *colon = setting ? strchr(setting, ':') : NULL;
	long frequency_hz = setting ? atol(setting) : 0;

	if (!colon || frequency_hz < 0 || strlen(colon) > sizeof(folder))
		return false;
	strcpy(folder, colon + 1);
	period_ns = frequency_hz ? 1000000000 / frequency_hz : 0;
	return true;
}

/* Timers are not inherited, and the ring is the parent's. */
static void in_child(void)
{
	timer_write_close(&ring);
	state = NO_RING;
	self.has_timer = false;
	for (size_t i = 0; i < TIMERS_KNOWN / 64; i++)
		timers[i] = 0;
	is_active &= !confinement.is_filtered;
	timer_sampler_thread_begin(
		(const void *)(self.stack_end - ABOVE_START_BYTES));
}

__attribute__((constructor)) static void start(void)
{
	if (!read_setting())
		return;
	if (period_ns)
		signal_number = timer_signal_take(on_tick);
	if (period_ns && !signal_number)
		return;
	is_active = true;
	handover_read(&handover, SETTING_SAMPLER_HANDOVER);
	roll = unseen_open(folder);
	unseen_use(roll);
	has_end_key = !pthread_key_create(&end_key, on_thread_end);
	pthread_atfork(NULL, NULL, in_child);
	timer_sampler_thread_begin(__libc_stack_end);
}

/*
 * Reports the libraries that a short process loaded, which may end before the
 * collector looks at it.
 */
__attribute__((destructor)) static void finish(void)
{
	timer_sampler_maps_change();
}
