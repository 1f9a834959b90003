/*
 * Runs `clinic record`: runs or watches a program, and saves where its CPU time
 * went, what it allocated, and what its threads waited for.
 */
#include <clinic/version.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/preload_path.h"
#include "cli/record_summary.h"
#include "cli/saved_session.h"
#include "cli/session_files.h"
#include "cli/verb.h"
#include "collect/recording.h"
#include "collect/stop_signals.h"
#include "session/session.h"

#define HZ_MOST      10000
#define SECONDS_MOST 1e6

/*
 * How long a target may take to end after a signal, when the session is saved.
 */
#define ANSWER_MS 3000

static const struct clinic_usage usage = {
	.line = "record [OPTIONS] [--] COMMAND...",
	.text = "Or, of running processes: clinic record -p PID -p NAME -d "
		"SECONDS\n"
		"\n"
		"Samples the CPU time of a program, its threads and children, "
		"and writes a\nsession for `clinic report`. Ctrl-C stops, and "
		"keeps what was measured.\n"
		"-e alloc counts every allocation, with its call stack and its "
		"lifetime; -e lock\nmeasures how long threads wait for locks. "
		"-e cpu,alloc does both in one run.\n"
		"-e offcpu samples CPU time and records each time that a "
		"thread was off the CPU,\nblocked or preempted: with its "
		"stack where the kernel may be sampled, otherwise\nwith that "
		"of its last sample.\n"
		"Exits with the command's own exit code (128 + signal), or 2 "
		"when it could\nnot be started or measured, or an asserted "
		"stage never began.\n",
	.operands_min = 0,
	.operands_max = -1,
	.operands = CLINIC_OPERANDS_LAST,
};

struct settings {
	char preload[PATH_MAX]; /* to which both plans point */
	struct clinic_recording_plan plan;
	struct clinic_arena_plan alloc;
	const char *output;
	const char *backend;
	const char *event;
	const char *duration;
	uint64_t frequency_hz;
	struct clinic_texts processes;
};

static int read_backend(const char *name, enum clinic_backend *backend)
{
	static const char *const names[] = {
		[CLINIC_BACKEND_AUTO] = "auto",
		[CLINIC_BACKEND_PERF] = "perf",
		[CLINIC_BACKEND_TIMER] = "timer",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i])) {
			*backend = (enum clinic_backend)i;
			return 0;
		}
	return clinic_complain("there is no backend '%s'; there are auto, "
			       "perf and timer",
			       name);
}

static int read_duration(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end != text && !*end && *seconds > 0 && *seconds <= SECONDS_MOST)
		return 0;
	return clinic_complain("--duration takes seconds, not '%s'", text);
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && !strncmp(text, word, length);
}

/*
 * Reads which instruments run: "cpu,alloc,lock". Where a thread was when it
 * left the CPU is known from its samples, so offcpu needs them, too.
 */
static int read_events(struct settings *settings)
{
	bool with_cpu = false;
	const char *at = settings->event;

	for (;; at++) {
		size_t length = strcspn(at, ",");

		if (is_word(at, length, "cpu"))
			with_cpu = true;
		else if (is_word(at, length, "alloc"))
			settings->alloc.with_alloc = true;
		else if (is_word(at, length, "lock"))
			settings->alloc.with_lock = true;
		else if (is_word(at, length, "offcpu"))
			with_cpu = settings->plan.with_off_cpu = true;
		else
			return clinic_complain(
				"cannot record '%.*s'; there "
				"are cpu, offcpu, alloc and lock",
				(int)length, at);
		at += length;
		if (!*at)
			break;
	}
	if (!with_cpu) {
		settings->plan.backend = CLINIC_BACKEND_NONE;
		settings->plan.frequency_hz = 0;
	}
	if (settings->alloc.with_alloc || settings->alloc.with_lock)
		settings->plan.alloc = &settings->alloc;
	return 0;
}

/* Checks settings that need perf events. */
static int check_off_cpu(const struct settings *settings)
{
	if (settings->plan.with_off_cpu &&
	    settings->plan.backend == CLINIC_BACKEND_TIMER)
		return clinic_complain("-e offcpu needs perf events; leave "
				       "--backend out, or give perf");
	return 0;
}

/*
 * Checks settings that need the library, which is loaded when a program starts.
 */
static int check_alloc(const struct settings *settings)
{
	if (settings->plan.alloc && settings->processes.count)
		return clinic_complain("-e alloc and -e lock need to start the "
				       "program; give a command, not --pid");
	if (settings->alloc.with_alloc)
		return 0;
	if (settings->alloc.sample_bytes || settings->alloc.no_alloc_in)
		return clinic_complain("--sample-bytes and "
				       "--assert-zero-alloc go with -e alloc");
	return 0;
}

/* Checks settings for which the option table is not enough. */
static int check(struct settings *settings)
{
	struct clinic_recording_plan *plan = &settings->plan;
	int status = 0;

	if (settings->frequency_hz > HZ_MOST)
		return clinic_complain("--frequency takes at most %d Hz",
				       HZ_MOST);
	if (plan->argv && settings->processes.count)
		return clinic_complain("either a command or --pid, not both");
	if (!plan->argv && !settings->processes.count)
		return clinic_complain(
			"nothing says what to run: give a command, "
			"or --pid of a process");
	plan->frequency_hz = (uint32_t)settings->frequency_hz;
	plan->processes = settings->processes.at;
	plan->processes_count = settings->processes.count;
	if (settings->duration)
		status = read_duration(settings->duration, &plan->duration_s);
	if (!status)
		status = read_backend(settings->backend, &plan->backend);
	if (!status)
		status = read_events(settings);
	if (!status)
		status = clinic_check_session_name(settings->output);
	if (!status)
		status = check_off_cpu(settings);
	return status ? status : check_alloc(settings);
}

static void print_refusals(const struct clinic_refusals *refusals)
{
	for (size_t i = 0; i < refusals->count; i++)
		fprintf(stderr, "clinic record: %s: %s%s%s\n",
			refusals->rows[i].tried,
			strerror(refusals->rows[i].errno_number),
			refusals->rows[i].advice[0] ? "; " : "",
			refusals->rows[i].advice);
}

/* Prints one sentence: what failed, on what, and what to try. */
static const char *attach_advice(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return "; it is another user's: try as that user, or as root";
	case -EMFILE:
		return "; each of its threads takes descriptors: `ulimit -n` "
		       "and its hard limit, `ulimit -Hn`, allow more";
	default:
		return "";
	}
}

static int explain(const struct settings *settings, int err,
		   const struct clinic_recording_outcome *outcome)
{
	const char *why = strerror(-err);

	switch (outcome->failed) {
	case CLINIC_STEP_BACKEND:
		print_refusals(&outcome->refusals);
		return clinic_complain("no way to sample works here; `clinic "
				       "doctor` shows what would help");
	case CLINIC_STEP_LAUNCH:
		return clinic_complain("cannot run %s: %s",
				       settings->plan.argv[0], why);
	case CLINIC_STEP_ATTACH:
		if (outcome->missing)
			return clinic_complain(
				"there is no process '%s'; --pid takes process "
				"ids, and names as `ps -e` has them",
				outcome->missing);
		return clinic_complain("cannot watch process %d: %s%s",
				       outcome->target.pid, why,
				       attach_advice(err));
	case CLINIC_STEP_MEASURE:
		return clinic_complain("had to stop measuring: %s", why);
	case CLINIC_STEP_NAME:
		return clinic_complain("names are missing: %s", why);
	}
	return CLINIC_EXIT_USAGE;
}

static bool has_begun(const struct clinic_session *session, const char *stage,
		      size_t length)
{
	uint32_t count;
	const struct clinic_stage_name *names =
		clinic_session_rows(session, CLINIC_STAGES, &count);

	for (uint32_t i = 0; i < count; i++)
		if (is_word(stage, length,
			    clinic_session_text(session, names[i].name_id)))
			return true;
	return false;
}

/*
 * Checks that the stages exist, because a misspelt stage allocates nothing,
 * too.
 */
static int check_asserted_stages(const struct settings *settings,
				 const struct clinic_session *session)
{
	const char *stage = settings->alloc.no_alloc_in;

	while (stage && *stage) {
		size_t length = strcspn(stage, ",");

		if (!has_begun(session, stage, length))
			return clinic_complain(
				"--assert-zero-alloc: no stage '%.*s' began, "
				"so nothing was asserted; `clinic report %s "
				"--by stage` lists those that did",
				(int)length, stage, settings->output);
		stage += length + (stage[length] == ',');
	}
	return 0;
}

/*
 * Returns the exit code of the target. A target that was only measured for a
 * while still runs; one that was sent the signal that ended the recording may
 * not have answered it.
 */
static int wait_for_target(struct clinic_recording_outcome *outcome)
{
	struct clinic_target *target = &outcome->target;

	clinic_stop_signals_release();
	if (!outcome->stopped_by || target->is_attached)
		clinic_target_wait(target);
	else if (!clinic_target_wait_for_ms(target, ANSWER_MS)) {
		fprintf(stderr,
			"clinic record: process %d did not end on signal %d, "
			"and goes on without the recorder\n",
			target->pid, outcome->stopped_by);
		return 128 + outcome->stopped_by;
	}
	return target->exit_code;
}

/* Saves the session before anything is printed about it. */
static int keep(const struct settings *settings, struct clinic_session *session,
		struct clinic_recording_outcome *outcome, int err)
{
	struct clinic_saved saved;
	int status, target;

	clinic_session_metadata(session)->exit_unknown =
		!outcome->target.has_ended;
	clinic_save(session, settings->output, &saved);
	status = err ? explain(settings, err, outcome) : 0;
	clinic_record_summary(&settings->plan, session, outcome);
	if (clinic_describe_saved(&saved, settings->output) && !status)
		status = CLINIC_EXIT_USAGE;
	if (!status)
		status = check_asserted_stages(settings, session);
	target = wait_for_target(outcome);
	return target ? target : status;
}

/* Records from the start of the target to its session. */
static int measure(const struct clinic_recording_plan *plan,
		   struct clinic_session *session,
		   struct clinic_recording_outcome *outcome)
{
	struct clinic_recording *recording;
	int going = 1, err = clinic_recording_open(plan, outcome, &recording);

	if (err)
		return err;
	while (going > 0)
		going = clinic_recording_step(recording, -1);
	err = clinic_recording_snapshot(recording, 0, UINT64_MAX, session);
	clinic_recording_close(recording);
	return going < 0 ? going : err;
}

static int record(const struct settings *settings,
		  struct clinic_session *session)
{
	struct clinic_recording_outcome outcome;
	int err, status;

	if (access("/proc/self/stat", F_OK))
		return clinic_complain(
			"/proc is not mounted, and nobody can be "
			"watched without it: mount -t proc proc "
			"/proc");
	err = measure(&settings->plan, session, &outcome);
	if (outcome.has_measured)
		status = keep(settings, session, &outcome, err);
	else
		status = err ? explain(settings, err, &outcome) : 0;
	clinic_target_close(&outcome.target);
	return status;
}

static int record_as_set(struct settings *settings)
{
	struct clinic_session *session;
	int status = check(settings);

	if (status)
		return status;
	clinic_preload_path(settings->preload);
	settings->plan.preload = settings->preload;
	settings->alloc.preload = settings->preload;
	if (clinic_session_new(&session))
		return clinic_complain("out of memory");
	status = record(settings, session);
	clinic_session_free(session);
	return status;
}

static int run(int argc, char **argv)
{
	struct settings settings = {
		.output = "clinic.json.gz",
		.backend = "auto",
		.event = "cpu",
		.frequency_hz = 999,
	};
	const struct clinic_option options[] = {
		{'F', "frequency", "HZ", CLINIC_OPTION_COUNT,
		 &settings.frequency_hz,
		 "samples per second of CPU time (999)"},
		{'o', "output", "FILE", CLINIC_OPTION_TEXT, &settings.output,
		 "the session; gzipped if .gz (clinic.json.gz)"},
		{'p', "pid", "PID|NAME", CLINIC_OPTION_TEXTS,
		 &settings.processes,
		 "watch this process, or all of that name, with the children "
		 "that it has; may be given again"},
		{'d', "duration", "SECONDS", CLINIC_OPTION_TEXT,
		 &settings.duration, "stop measuring after this time"},
		{'e', "event", "EVENT", CLINIC_OPTION_TEXT, &settings.event,
		 "what to record: cpu, offcpu, alloc, lock, separated by "
		 "commas (cpu)"},
		{0, "sample-bytes", "BYTES", CLINIC_OPTION_COUNT,
		 &settings.alloc.sample_bytes,
		 "record the stack of one allocation in BYTES, not of all"},
		{0, "assert-zero-alloc", "STAGE", CLINIC_OPTION_TEXT,
		 &settings.alloc.no_alloc_in,
		 "exit 97 at the first allocation in that stage"},
		{0, "backend", "NAME", CLINIC_OPTION_TEXT, &settings.backend,
		 "auto, perf or timer (auto)"},
		{0, "stages", NULL, CLINIC_OPTION_FLAG,
		 &settings.plan.with_stages,
		 "the stages of clinic/stage.h, for report --by stage"},
		{0, "debuginfod", NULL, CLINIC_OPTION_FLAG,
		 &settings.plan.use_debuginfod,
		 "fetch debug files from the servers in DEBUGINFOD_URLS"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);

	if (at < 0)
		return clinic_options_exit(at);
	if (argv[at])
		settings.plan.argv = argv + at;
	return record_as_set(&settings);
}

static const struct clinic_verb verb = {
	.name = "record",
	.summary = "run a program: CPU time, allocations, waits",
	.run = run,
};
CLINIC_VERB(verb);
