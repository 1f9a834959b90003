/* Opens and drains the perf events of a target on all CPUs. */
#include "sources/perf_source.h"

#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sources/perf_choice.h"
#include "sources/perf_lanes.h"
#include "sources/time_namespace.h"
#include "foundation/growing_array.h"

/* The size of a sample in a ring without its stack: chains and registers. */
#define SAMPLE_BYTES_ABOUT 512

/* The target is drained at least this often. */
#define PERIOD_MS_MOST 50
/*
 * In this time, 25 000 departures per second and CPU, each with a stack of 8
 * KiB, fill half a ring.
 */
#define PERIOD_MS_DEPARTURES 5

struct perf_source {
	struct clinic_perf_plan plan;
	struct clinic_perf_choice choice;
	struct clinic_perf_lanes lanes;
	bool is_deep;

	struct open_event {
		int fd;
		enum clinic_perf_role role;
	} * events;
	size_t events_count, events_room;

	pid_t *threads; /* that have events; grows while attaching */
	size_t threads_count, threads_room;
	uint32_t refused_processes_count;

	struct clinic_perf_decoder decoder;
	/* A hardware counter, when the rate was last computed. */
	uint64_t counted, counted_ns;
};

static int keep_event(struct perf_source *source, int fd,
		      enum clinic_perf_role role)
{
	struct open_event *grown =
		clinic_grow(source->events, source->events_count,
			    &source->events_room, sizeof(*grown));

	if (!grown) {
		close(fd);
		return -ENOMEM;
	}
	source->events = grown;
	grown[source->events_count++] = (struct open_event){fd, role};
	return 0;
}

static int watch_thread_on(struct perf_source *source,
			   struct clinic_perf_lane *lane, pid_t thread)
{
	for (enum clinic_perf_role role = CLINIC_PERF_SIDE_BAND;
	     role < CLINIC_PERF_ROLES; role++) {
		int fd, err;

		if ((role == CLINIC_PERF_DEPARTURES) != lane->takes_departures)
			continue;
		fd = clinic_perf_open_role(&source->choice, role, thread,
					   lane->cpu);
		if (fd < 0)
			return fd;
		err = keep_event(source, fd, role);
		if (!err)
			err = clinic_perf_lane_join(&source->lanes, lane, fd);
		if (err)
			return err;
	}
	return 0;
}

static int watch_thread(struct perf_source *source, pid_t thread)
{
	pid_t *grown = clinic_grow(source->threads, source->threads_count,
				   &source->threads_room, sizeof(*grown));
	int err = 0;

	if (!grown)
		return -ENOMEM;
	source->threads = grown;
	for (size_t i = 0; !err && i < source->lanes.count; i++)
		err = watch_thread_on(source, &source->lanes.at[i], thread);
	if (!err)
		grown[source->threads_count++] = thread;
	return err;
}

static bool is_watched(const struct perf_source *source, pid_t thread)
{
	for (size_t i = 0; i < source->threads_count; i++)
		if (source->threads[i] == thread)
			return true;
	return false;
}

/* Counts the threads of the process that had no events yet; or -errno. */
static int watch_new_threads(struct perf_source *source, pid_t pid)
{
	char path[32];
	struct dirent *entry;
	int watched = 0, err = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return -ESRCH;
	while (!err && (entry = readdir(tasks))) {
		pid_t thread = (pid_t)atoi(entry->d_name);

		if (thread <= 0 || is_watched(source, thread))
			continue;
		err = watch_thread(source, thread);
		if (err == -ESRCH)
			err = 0; /* it has ended meanwhile */
		else
			watched++;
	}
	closedir(tasks);
	return err ? err : watched;
}

/*
 * A thread that was born while we were opening events may have a parent
 * without any, so we look again until no new thread is found. If its parent had
 * events, the thread is sampled twice; that is rare, and shows in the sum of
 * the samples, while a thread without events would not be noticed.
 */
static int watch_process(struct perf_source *source, pid_t pid)
{
	size_t before = source->threads_count;
	int watched;

	do {
		watched = watch_new_threads(source, pid);
	} while (watched > 0);
	if (!watched && source->threads_count == before)
		return -ESRCH;
	return watched;
}

static int watch_running(struct perf_source *source)
{
	int err = 0;

	for (size_t i = 0; !err && i < source->plan.processes_count; i++) {
		const struct clinic_perf_process *process =
			&source->plan.processes[i];

		err = watch_process(source, process->pid);
		if (process->is_root || !err)
			continue;
		if (err == -EACCES || err == -EPERM)
			source->refused_processes_count++;
		if (err == -EACCES || err == -EPERM || err == -ESRCH)
			err = 0;
	}
	/* The caller's list is not valid any longer. */
	source->plan.processes = NULL;
	return err;
}

static void control(struct perf_source *source, enum clinic_perf_role role,
		    unsigned long request)
{
	for (size_t i = 0; i < source->events_count; i++)
		if (source->events[i].role == role)
			(void)ioctl(source->events[i].fd, request, 0);
}

/*
 * We need a descriptor per thread, CPU and event. A launched target was forked
 * before, so its own limit does not change.
 */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static enum clinic_off_cpu_view off_cpu_view(const struct perf_source *source)
{
	if (!source->choice.with_off_cpu)
		return CLINIC_OFF_CPU_UNSEEN;
	return source->choice.departures_error ? CLINIC_OFF_CPU_TIMES
					       : CLINIC_OFF_CPU_STACKS;
}

/* The first thread of a process may have ended; then it accepts no events. */
static int choose_for_running(struct perf_source *source, int cpu,
			      struct clinic_refusals *refusals)
{
	struct clinic_perf_plan plan = source->plan;
	struct dirent *entry;
	char path[32];
	bool is_forbidden = false;
	int err = -ESRCH;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", source->plan.pid);
	tasks = opendir(path);
	if (!tasks)
		return -ESRCH;
	while (err && !is_forbidden && (entry = readdir(tasks))) {
		plan.pid = (pid_t)atoi(entry->d_name);
		if (plan.pid <= 0)
			continue;
		refusals->count = 0;
		err = clinic_perf_choose(&plan, cpu, refusals, &source->choice);
		is_forbidden = err == -EACCES || err == -EPERM;
	}
	closedir(tasks);
	return !err || is_forbidden ? err : -ESRCH;
}

/* Chooses the events, and adds lanes for the CPUs on which they are opened. */
static int choose(struct perf_source *source, struct clinic_refusals *refusals)
{
	int err = clinic_perf_lanes_add_cpus(&source->lanes);

	if (err)
		return err;
	source->lanes.shift_ns = clinic_time_namespace_shift_ns();
	if (source->plan.is_running)
		return choose_for_running(source, source->lanes.at[0].cpu,
					  refusals);
	return clinic_perf_choose(&source->plan, source->lanes.at[0].cpu,
				  refusals, &source->choice);
}

static int watch_and_enable(struct perf_source *source)
{
	int err = watch_running(source);

	if (err)
		return err;
	control(source, CLINIC_PERF_SIDE_BAND, PERF_EVENT_IOC_ENABLE);
	control(source, CLINIC_PERF_DEEP_SAMPLES, PERF_EVENT_IOC_ENABLE);
	control(source, CLINIC_PERF_DEPARTURES, PERF_EVENT_IOC_ENABLE);
	return 0;
}

static int open_all(struct perf_source *source)
{
	struct clinic_refusals refusals = {0};
	int err = choose(source, &refusals);

	if (!err && off_cpu_view(source) == CLINIC_OFF_CPU_STACKS)
		err = clinic_perf_lanes_add_departures(&source->lanes);
	if (err)
		return err;
	source->decoder.ns_per_period = 1;
	raise_descriptor_limit();
	return source->plan.is_running ? watch_and_enable(source)
				       : watch_thread(source, source->plan.pid);
}

static void close_source(void *state)
{
	struct perf_source *source = state;

	clinic_perf_lanes_free(&source->lanes);
	for (size_t i = 0; i < source->events_count; i++)
		close(source->events[i].fd);
	free(source->events);
	free(source->threads);
	free(source);
}

static void describe(const void *state, struct clinic_source_facts *facts)
{
	const struct perf_source *source = state;

	*facts = (struct clinic_source_facts){
		.backend = "perf",
		.event = source->choice.event,
		.kernel_visible = !source->choice.attr.exclude_kernel,
		.off_cpu = off_cpu_view(source),
		.refused_processes_count = source->refused_processes_count,
		.ring_bytes = source->lanes.ring_bytes,
		.stack_bytes = source->is_deep ? CLINIC_STACK_BYTES_DEEP
					       : CLINIC_STACK_BYTES,
	};
}

static unsigned period_ms(const void *state)
{
	const struct perf_source *source = state;
	struct clinic_source_facts facts;
	size_t samples, fill_ms;
	unsigned most_ms = PERIOD_MS_MOST;

	describe(source, &facts);
	if (facts.off_cpu == CLINIC_OFF_CPU_STACKS)
		most_ms = PERIOD_MS_DEPARTURES;
	samples = facts.ring_bytes / (facts.stack_bytes + SAMPLE_BYTES_ABOUT);
	fill_ms = samples * 1000 / source->plan.frequency_hz;
	if (fill_ms / 2 > most_ms)
		return most_ms;
	return fill_ms > 2 ? (unsigned)fill_ms / 2 : 1;
}

static void set_depth(void *state, bool is_deep)
{
	struct perf_source *source = state;

	if (source->is_deep == is_deep)
		return;
	source->is_deep = is_deep;
	control(source,
		is_deep ? CLINIC_PERF_DEEP_SAMPLES : CLINIC_PERF_SAMPLES,
		PERF_EVENT_IOC_ENABLE);
	control(source,
		is_deep ? CLINIC_PERF_SAMPLES : CLINIC_PERF_DEEP_SAMPLES,
		PERF_EVENT_IOC_DISABLE);
}

static void stop(void *state)
{
	for (enum clinic_perf_role role = CLINIC_PERF_SIDE_BAND;
	     role < CLINIC_PERF_ROLES; role++)
		control(state, role, PERF_EVENT_IOC_DISABLE);
}

static bool counts_cycles(enum clinic_perf_role role)
{
	return role == CLINIC_PERF_SAMPLES || role == CLINIC_PERF_DEEP_SAMPLES;
}

/* What read(2) returns for an event. */
struct reading {
	uint64_t count;
	uint64_t running_ns;
	uint64_t lost_count; /* stays 0 with kernels that do not count it */
};

static bool read_event(int fd, struct reading *reading)
{
	*reading = (struct reading){0};
	return read(fd, reading, sizeof(*reading)) > 0;
}

/*
 * The kernel writes a record of losses before the next record for which there
 * is room. If there is no further record, the counts of the events have them.
 */
static int emit_last_losses(struct perf_source *source,
			    clinic_on_event *on_event, void *context)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_LOST};
	struct reading reading;
	uint64_t lost_count = 0;

	for (size_t i = 0; i < source->events_count; i++)
		if (read_event(source->events[i].fd, &reading))
			lost_count += reading.lost_count;
	if (lost_count <= source->lanes.lost_count)
		return 0;
	event.lost_count = lost_count - source->lanes.lost_count;
	source->lanes.lost_count = lost_count;
	return on_event(context, &event);
}

/*
 * The weight of a cycle is the CPU time that the counter ran divided by its
 * count. The kernel reports both, so the rate follows the CPU's frequency.
 */
static void refresh_rate(struct perf_source *source)
{
	uint64_t counted = 0, counted_ns = 0;
	struct reading reading;

	if (source->choice.attr.type != PERF_TYPE_HARDWARE)
		return;
	for (size_t i = 0; i < source->events_count; i++) {
		if (!counts_cycles(source->events[i].role) ||
		    !read_event(source->events[i].fd, &reading))
			continue;
		counted += reading.count;
		counted_ns += reading.running_ns;
	}
	if (counted > source->counted)
		source->decoder.ns_per_period =
			(double)(counted_ns - source->counted_ns) /
			(double)(counted - source->counted);
	source->counted = counted;
	source->counted_ns = counted_ns;
}

static int drain(void *state, uint64_t until_ns, clinic_on_event *on_event,
		 void *context)
{
	struct perf_source *source = state;
	int err;

	refresh_rate(source);
	err = clinic_perf_lanes_drain(&source->lanes, &source->decoder,
				      until_ns, on_event, context);
	return err || until_ns != UINT64_MAX
		       ? err
		       : emit_last_losses(source, on_event, context);
}

int clinic_perf_source_probe(const struct clinic_perf_plan *plan,
			     struct clinic_refusals *refusals,
			     struct clinic_source_facts *facts)
{
	struct perf_source source = {.plan = *plan};
	int err;

	source.plan.pid = getpid();
	err = choose(&source, refusals);
	if (!err && facts)
		describe(&source, facts);
	clinic_perf_lanes_free(&source.lanes);
	return err;
}

int clinic_perf_source_open(const struct clinic_perf_plan *plan,
			    struct clinic_source *source)
{
	struct perf_source *opened = calloc(1, sizeof(*opened));
	int err;

	if (!opened)
		return -ENOMEM;
	opened->plan = *plan;
	opened->is_deep = true;
	err = open_all(opened);
	if (err) {
		close_source(opened);
		return err;
	}
	*source = (struct clinic_source){
		.state = opened,
		.describe = describe,
		.drain = drain,
		.period_ms = period_ms,
		.set_depth = set_depth,
		.stop = stop,
		.close = close_source,
	};
	return 0;
}
