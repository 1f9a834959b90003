/*
 * Samples the program where perf events are forbidden: each thread has a timer
 * on its own CPU clock, and the handler of the timer's signal records the
 * thread's registers and stack.
 *
 * The kernel looks at such timers only at its own tick: with CONFIG_HZ=250 at
 * most 250 times a second, whatever frequency was asked for. So the weight of a
 * sample is the CPU time since the sample before it, not a period. The signal
 * is delivered when the thread returns to user mode, so time in the kernel is
 * attributed to the function that made the system call.
 *
 * Nothing is sampled unless SETTING_SAMPLER is in the environment.
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
 * Above the first frame of a thread lie frames of the C library, and above them
 * the thread's descriptor or the program's arguments, in the same mapping.
 */
#define ABOVE_START_BYTES 1024

/* A variable of the dynamic linker: the first thread's first stack pointer. */
extern void *__libc_stack_end;

/*
 * The ring is made when it is first needed, usually by the first tick. So a
 * process that ends before it, as most children that soon call exec, has a
 * timer but no file.
 */
static struct timer_ring ring;
enum { NO_RING, RING_IN_MAKING, RING_READY, RING_FAILED };
static _Atomic int state = NO_RING;
static char folder[TIMER_RING_FOLDER_MAX];
static struct handover handover;
static struct unseen_roll *roll; /* children use the same mapping */
static long period_ns;
static int signal_number;
static bool is_active;

/* The destructor of this key runs when a thread ends, and deletes its timer. */
static pthread_key_t end_key;
static bool has_end_key;

static _Thread_local struct {
	bool has_timer;
	int timer; /* the kernel's number for it */
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
 * The room that a sample needs for its copy of the stack. The end of a stack
 * that the program itself has made is not known: then it is as much as a sample
 * may have.
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
 * The kernel copies the stack, and stops where no memory is mapped: a load of
 * our own behind the end of a coroutine's stack would kill the program. The
 * call names this thread, because the first thread of the process may have
 * ended, and then has no memory.
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
		return; /* the loss is counted; the next sample weighs more */
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
 * Whether there is a ring; the first caller makes it. A thread that has a tick
 * meanwhile loses no time: the weight of its next sample includes it.
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
	/* The ring is made now, because stages are still written to it. */
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
	if (!has_ring()) {
		/* A ring that could not be made once is not tried again. */
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
		return; /* the loss is counted */
	stage->time_ns = clock_ns(CLOCK_MONOTONIC);
	stage->tid = self.tid;
	strncpy(stage->name, name, sizeof(stage->name) - 1);
	timer_write_commit(&stage->record, TIMER_RECORD_STAGE);
}

void timer_sampler_stage(const char *name)
{
	if (!is_active || confinement.is_clockless)
		return;
	/*
	 * This waits for another thread that makes the ring: unlike a tick, the
	 * begin of a stage does not come again.
	 */
	while (!has_ring() && state == RING_IN_MAKING)
		sched_yield();
	if (state == RING_READY)
		write_stage(name);
}

/* glibc's timer_create may allocate, so the system call is made directly. */
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

/* A child does not inherit timers, and must not use its parent's ring. */
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
 * Saves the mappings of a process that may end before the collector looks at
 * it.
 */
__attribute__((destructor)) static void finish(void)
{
	timer_sampler_maps_change();
}
