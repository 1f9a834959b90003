/*
 * Runs a program as if one of its functions were faster: at each tick of its
 * timer, a thread that runs the function inserts a delay for all others, and
 * any other thread takes the delays that it owes.
 */
#include "preload/causal/causal_sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/causal/cpu_wait.h"
#include "preload/causal/sped_up_function.h"
#include "preload/causal/virtual_time.h"
#include "preload/confinement.h"
#include "preload/hand_over.h"
#include "preload/raw_calls.h"
#include "preload/shared_file.h"
#include "preload/timer/thread_timer.h"
#include "shared_memory/causal_layout.h"
#include "shared_memory/settings.h"
#include "shared_memory/ticks.h"

/* The kernel's own tick may be longer. */
#define PERIOD_NS 1000000

#define FOLDER_BYTES 256

static const struct causal_plan *plan;
static struct causal_result *result; /* NULL: there is no speed-up */

/* The destructor of this key runs when a thread ends. */
static pthread_key_t end_key;
static bool has_end_key;

/* At the last tick. */
static _Thread_local uint64_t last_cpu_ns, last_ready_ns;

static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* NULL: no speed-up is wanted. */
static const char *wanted_folder(void)
{
	return getenv(SETTING_CAUSAL);
}

bool causal_is_wanted(void)
{
	return wanted_folder() != NULL;
}

static void count_sample(uint64_t took_ns, bool is_running)
{
	atomic_fetch_add(&result->samples_count, 1);
	atomic_fetch_add(&result->cpu_ns, took_ns);
	if (!is_running)
		return;
	atomic_fetch_add(&result->function_samples_count, 1);
	atomic_fetch_add(&result->function_cpu_ns, took_ns);
	virtual_time_gain(took_ns * plan->speedup_percent / 100);
}

static void count_waits_for_cpu(void)
{
	uint64_t ready_ns = cpu_wait_ns();

	if (ready_ns > last_ready_ns)
		atomic_fetch_add(&result->ready_ns, ready_ns - last_ready_ns);
	last_ready_ns = ready_ns;
}

/* The time in the handler itself belongs to no function. */
static void on_tick(const void *context)
{
	uint64_t now_ns = cpu_now_ns();

	if (!result)
		return;
	count_sample(now_ns - last_cpu_ns,
		     sped_up_function_is_running(context));
	count_waits_for_cpu();
	virtual_time_pause();
	last_cpu_ns = cpu_now_ns();
}

/* The thread that waits for this one is credited with what it has taken. */
static void on_thread_end(void *unused)
{
	(void)unused;
	virtual_time_settle();
	thread_timer_end();
	sped_up_function_end_thread();
}

void causal_thread_begin(uint64_t taken_ns)
{
	if (!result || confinement.is_filtered)
		return;
	atomic_fetch_add(&result->threads_count, 1);
	virtual_time_begin(taken_ns);
	sped_up_function_begin_thread();
	if (has_end_key)
		pthread_setspecific(end_key, result);
	last_cpu_ns = cpu_now_ns();
	last_ready_ns = cpu_wait_ns();
	thread_timer_begin();
}

/* The first and the last of them may be begun by threads at the same time. */
static void note_progress(uint64_t now_ns)
{
	uint64_t last_ns = result->progress_last_ns, none_ns = 0;

	atomic_compare_exchange_strong(&result->progress_first_ns, &none_ns,
				       now_ns);
	while (last_ns < now_ns &&
	       !atomic_compare_exchange_weak(&result->progress_last_ns,
					     &last_ns, now_ns))
		;
	atomic_fetch_add(&result->progress_count, 1);
}

void causal_stage(const char *name)
{
	if (result && !confinement.is_clockless &&
	    !strncmp(name, plan->progress, STAGE_NAME_BYTES - 1))
		note_progress(virtual_time_now_ns());
}

void causal_confine(void)
{
	if (!result || confinement.is_filtered)
		return;
	virtual_time_use(NULL);
	thread_timer_end_all();
}

void causal_process_end(void)
{
	if (result && !confinement.is_clockless)
		result->ended_ns = virtual_time_now_ns();
}

/* The child is another process, whose time does not delay the parent. */
static void in_child(void)
{
	virtual_time_use(NULL);
	thread_timer_restart();
	if (result)
		munmap(result, sizeof(*result));
	result = NULL;
}

static int read_plan(const char *folder)
{
	char path[FOLDER_BYTES];
	void *at;
	int length =
		snprintf(path, sizeof(path), "%s/%s", folder, CAUSAL_PLAN_NAME);
	int fd;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	fd = raw_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	at = mmap(NULL, sizeof(*plan), PROT_READ, MAP_PRIVATE, fd, 0);
	raw_close(fd);
	if (at == MAP_FAILED)
		return -errno;
	plan = at;
	return 0;
}

static int open_result(const char *folder)
{
	struct handover handover;
	void *at;
	int error;

	handover_read(&handover, SETTING_CAUSAL_HANDOVER);
	error = shared_file_open(folder, &handover, sizeof(*result), &at);
	if (error)
		return error;
	result = at;
	result->pid = (uint32_t)raw_pid();
	result->begun_ns = clock_ns();
	__atomic_store_n(&result->magic, CAUSAL_RESULT_MAGIC, __ATOMIC_RELEASE);
	virtual_time_use(result);
	return 0;
}

__attribute__((constructor)) static void start(void)
{
	const char *folder = wanted_folder();

	if (!folder || read_plan(folder) || sped_up_function_open(plan) ||
	    thread_timer_open(PERIOD_NS, on_tick) || open_result(folder))
		return;
	has_end_key = !pthread_key_create(&end_key, on_thread_end);
	pthread_atfork(NULL, NULL, in_child);
	causal_thread_begin(0);
}
