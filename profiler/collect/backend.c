/* Starts the backend that the plan wants, or the first that works here. */
#include "collect/backend.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/observable.h"
#include "sources/null_source.h"
#include "sources/perf_source.h"
#include "sources/timer_source.h"

struct beginning {
	const struct clinic_recording_plan *plan;
	char *const *alloc_settings;
	struct clinic_recording_outcome *outcome;
	struct clinic_source *source, *stages;
};

/* Joins the settings of the backend and of the allocation counter. */
static int join_settings(char *const *settings, char *const *more,
			 char ***joined)
{
	size_t count = 0;

	for (char *const *at = settings; at && *at; at++)
		count++;
	for (char *const *at = more; at && *at; at++)
		count++;
	*joined = calloc(count + 1, sizeof(**joined));
	if (!*joined)
		return -ENOMEM;
	count = 0;
	for (; settings && *settings; settings++)
		(*joined)[count++] = *settings;
	for (; more && *more; more++)
		(*joined)[count++] = *more;
	return 0;
}

static int launch_target(struct beginning *begin, char *const *settings)
{
	const char *unfit = clinic_unfit(begin->plan->argv[0]);
	char **joined;
	int err =
		unfit ? join_settings(NULL, NULL, &joined)
		      : join_settings(settings, begin->alloc_settings, &joined);

	begin->outcome->unfit = unfit;
	if (err)
		return err;
	err = clinic_target_launch(begin->plan->argv, joined,
				   &begin->outcome->target);
	free(joined); /* the child has its own copy */
	return err;
}

static int attach(struct beginning *begin)
{
	const struct clinic_recording_plan *plan = begin->plan;
	struct clinic_process_list list;
	int err = clinic_process_search(plan->processes, plan->processes_count,
					&list, &begin->outcome->missing);

	if (!err) {
		begin->outcome->missing = NULL;
		err = clinic_target_attach(&list, &begin->outcome->target);
	}
	clinic_process_list_free(&list);
	return err;
}

static int find_target(struct beginning *begin, char *const *settings)
{
	const struct clinic_recording_plan *plan = begin->plan;

	begin->outcome->failed = plan->argv ? CLINIC_STEP_LAUNCH
					    : CLINIC_STEP_ATTACH;
	if (plan->argv)
		return launch_target(begin, settings);
	return attach(begin);
}

static int begin_without_samples(struct beginning *begin)
{
	*begin->source = clinic_null_source;
	return find_target(begin, NULL);
}

/* Loads the library without its timers: it reports stages only. */
static int open_stages(struct beginning *begin)
{
	struct clinic_timer_plan plan = {.preload = begin->plan->preload};

	if (!begin->plan->with_stages || !begin->plan->argv)
		return 0;
	return clinic_timer_source_open(&plan, begin->stages);
}

static char *const *stage_settings(const struct beginning *begin)
{
	return begin->stages->state
		       ? clinic_timer_source_settings(begin->stages)
		       : NULL;
}

static int open_perf(struct beginning *begin, struct clinic_perf_plan *plan)
{
	const struct clinic_attached *attached =
		&begin->outcome->target.attached;
	struct clinic_perf_process *processes =
		calloc(attached->count + 1, sizeof(*processes));
	int err = processes ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < attached->count; i++)
		processes[i] = (struct clinic_perf_process){
			attached->at[i].pid, attached->at[i].is_root};
	plan->processes = processes;
	plan->processes_count = attached->count;
	if (!err)
		err = clinic_perf_source_open(plan, begin->source);
	free(processes);
	return err;
}

/* Perf events are opened on the target, before it begins. */
static int begin_with_perf(struct beginning *begin)
{
	struct clinic_perf_plan plan = {
		.is_running = !begin->plan->argv,
		.frequency_hz = begin->plan->frequency_hz,
		.with_off_cpu = begin->plan->with_off_cpu,
	};
	int err = clinic_perf_source_probe(&plan, &begin->outcome->refusals,
					   NULL);

	if (err)
		return err;
	err = open_stages(begin);
	if (!err)
		err = find_target(begin, stage_settings(begin));
	plan.pid = begin->outcome->target.pid;
	return err ? err : open_perf(begin, &plan);
}

/*
 * The library with the timers has to be loaded into the target, so this works
 * only for a program that we start.
 */
static int begin_with_timers(struct beginning *begin)
{
	struct clinic_timer_plan plan = {
		.preload = begin->plan->preload,
		.frequency_hz = begin->plan->frequency_hz,
	};
	int err = begin->plan->argv
			  ? clinic_timer_source_open(&plan, begin->source)
			  : -EOPNOTSUPP;

	if (err) {
		clinic_refusals_add(
			&begin->outcome->refusals, "timer", -err, "%s",
			begin->plan->argv
				? "libclinic-preload.so beside clinic, and a "
				  "writable /dev/shm or /tmp"
				: "start the program by clinic record");
		return err;
	}
	return find_target(begin, clinic_timer_source_settings(begin->source));
}

/* May another backend be tried, because nothing was started yet? */
static bool is_refused(const struct beginning *begin, int err)
{
	return err && begin->outcome->failed == CLINIC_STEP_BACKEND;
}

int clinic_backend_begin(const struct clinic_recording_plan *plan,
			 char *const *alloc_settings,
			 struct clinic_recording_outcome *outcome,
			 struct clinic_source *source,
			 struct clinic_source *stages)
{
	struct beginning begin = {plan, alloc_settings, outcome, source,
				  stages};
	int err;

	outcome->failed = CLINIC_STEP_BACKEND;
	if (plan->backend == CLINIC_BACKEND_NONE)
		return begin_without_samples(&begin);
	if (plan->backend != CLINIC_BACKEND_TIMER) {
		err = begin_with_perf(&begin);
		if (!is_refused(&begin, err) ||
		    plan->backend == CLINIC_BACKEND_PERF)
			return err;
	}
	return begin_with_timers(&begin);
}
