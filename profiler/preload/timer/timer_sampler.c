/*
 * Samples the program where perf events are forbidden: at each tick of its
 * timer, a thread records its registers and stack. The weight of a sample is
 * the CPU time since the sample before it.
 *
 * Nothing is sampled unless SETTING_SAMPLER is in the environment.
 */
#include "preload/timer/timer_sampler.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "preload/confinement.h"
#include "preload/thread_number.h"
#include "preload/timer/thread_timer.h"
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
static bool has_timers;
static bool is_active;

static _Thread_local struct {
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

void timer_sampler_confine(void)
{
	if (!is_active || confinement.is_filtered)
		return;
	unseen_note_confined(roll);
	/* The ring is made now, because stages are still written to it. */
	if (has_ring())
		timer_write_maps(&ring);
	thread_timer_end_all();
}

static void on_tick(const void *context)
{
	if (!has_ring()) {
		/* A ring that could not be made once is not tried again. */
		if (state == RING_FAILED)
			thread_timer_end();
		return;
	}
	if (ring.head->is_stopped)
		thread_timer_end();
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
	if (has_timers)
		thread_timer_begin();
}

void timer_sampler_maps_change(void)
{
	if (state == RING_READY && !confinement.is_filtered)
		timer_write_maps(&ring);
}

static bool read_setting(long *period_ns)
{
	const char *setting = getenv(SETTING_SAMPLER);
	const char *colon = setting ? strchr(setting, ':') : NULL;
	long frequency_hz = setting ? atol(setting) : 0;

	if (!colon || frequency_hz < 0 || strlen(colon) > sizeof(folder))
		return false;
	strcpy(folder, colon + 1);
	*period_ns = frequency_hz ? 1000000000 / frequency_hz : 0;
	return true;
}

/* A child does not inherit timers, and must not use its parent's ring. */
static void in_child(void)
{
	timer_write_close(&ring);
	state = NO_RING;
	thread_timer_restart();
	is_active &= !confinement.is_filtered;
	timer_sampler_thread_begin(
		(const void *)(self.stack_end - ABOVE_START_BYTES));
}

__attribute__((constructor)) static void start(void)
{
	long period_ns;

	if (!read_setting(&period_ns))
		return;
	has_timers = period_ns && !thread_timer_open(period_ns, on_tick);
	if (period_ns && !has_timers)
		return;
	is_active = true;
	handover_read(&handover, SETTING_SAMPLER_HANDOVER);
	roll = unseen_open(folder);
	unseen_use(roll);
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
