/*
 * Runs `clinic doctor`: says which instruments work here, why the better ones
 * do not, and which command would allow them.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/preload_path.h"
#include "cli/verb.h"
#include "collect/doctor_checks.h"

static const struct clinic_usage usage = {
	.line = "doctor [--json]",
	.text = "Exits with 0 when some way to sample works here, else 4.\n",
	.operands_min = 0,
	.operands_max = 0,
};

enum { EXIT_ENVIRONMENT = 4 };

static bool has_backend(const struct clinic_doctor_checks *health)
{
	return health->has_perf || !health->timer_error;
}

/* The backend that `clinic record` uses without --backend. */
static const char *chosen(const struct clinic_doctor_checks *health)
{
	if (health->has_perf)
		return "perf";
	return health->timer_error ? "none" : "timer";
}

static void print_row(const char *what, const char *state, const char *detail)
{
	printf("%-13s %-7s %s\n", what, state, detail);
}

static void print_perf(const struct clinic_doctor_checks *health)
{
	char detail[160];

	if (!health->has_perf) {
		print_row("perf", "no", "see below");
		return;
	}
	snprintf(detail, sizeof(detail), "from outside, event %s%s",
		 health->perf.event,
		 health->perf.kernel_visible
			 ? ""
			 : ", user mode only: kernel time gives no samples");
	print_row("perf", "works", detail);
}

static void print_timer(const struct clinic_doctor_checks *health)
{
	char detail[160];

	if (health->timer_error) {
		print_row("timer", "no", strerror(-health->timer_error));
		return;
	}
	snprintf(detail, sizeof(detail),
		 "inside programs that we start, at most %" PRId64
		 " samples/s of a thread",
		 health->timer_ticks_hz);
	print_row("timer", "works", detail);
}

static void print_kernel(const struct clinic_doctor_checks *health)
{
	print_row("kernel time",
		  health->has_perf && health->perf.kernel_visible ? "seen"
								  : "no",
		  "");
	print_row("kernel names", health->kernel_names_error ? "no" : "read",
		  health->kernel_names_error
			  ? strerror(-health->kernel_names_error)
			  : "from /proc/kallsyms");
}

struct setting {
	const char *name;
	int64_t value;
};

enum { SETTINGS = 7 };

static void list_settings(const struct clinic_doctor_checks *health,
			  struct setting settings[SETTINGS])
{
	const struct setting all[SETTINGS] = {
		{"kernel.perf_event_paranoid", health->perf_event_paranoid},
		{"kernel.perf_event_mlock_kb", health->perf_event_mlock_kb},
		{"kernel.perf_event_max_sample_rate",
		 health->perf_event_max_sample_rate},
		{"kernel.kptr_restrict", health->kptr_restrict},
		{"kernel.yama.ptrace_scope", health->ptrace_scope},
		{"locked memory KiB (ulimit -l)", health->locked_memory_kb},
		{"ticks per second (CONFIG_HZ)", health->timer_ticks_hz},
	};

	memcpy(settings, all, sizeof(all));
}

static void print_settings(const struct clinic_doctor_checks *health)
{
	struct setting settings[SETTINGS];

	list_settings(health, settings);
	for (int i = 0; i < SETTINGS; i++)
		if (settings[i].value != CLINIC_DOCTOR_UNKNOWN)
			printf("  %-36s %" PRId64 "\n", settings[i].name,
			       settings[i].value);
	if (health->has_filter)
		puts("  a seccomp filter is in force");
}

static void print_refusals(const struct clinic_refusals *refusals)
{
	for (size_t i = 0; i < refusals->count; i++)
		printf("  %s: %s%s%s\n", refusals->rows[i].tried,
		       strerror(refusals->rows[i].errno_number),
		       *refusals->rows[i].advice ? "; " : "",
		       refusals->rows[i].advice);
}

static void print_advice(const struct clinic_doctor_checks *health)
{
	if (health->perf_refusals.count) {
		puts("\nwhat would be better, and why it is not so:");
		print_refusals(&health->perf_refusals);
	}
	if (health->kernel_names_error)
		puts("  kernel names: sudo sysctl kernel.kptr_restrict=0");
	if (health->timer_error)
		puts("  timers: libclinic-preload.so beside bin/clinic in "
		     "lib/, and a writable /dev/shm or /tmp");
}

static void print_text(const struct clinic_doctor_checks *health)
{
	printf("clinic record would use: %s\n\n", chosen(health));
	print_perf(health);
	print_timer(health);
	print_kernel(health);
	puts("\nsettings that decide:");
	print_settings(health);
	print_advice(health);
}

static json_t *refusals_json(const struct clinic_refusals *refusals)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < refusals->count; i++)
		json_array_append_new(
			rows, json_pack("{s:s, s:i, s:s}", "tried",
					refusals->rows[i].tried, "errno_number",
					refusals->rows[i].errno_number,
					"advice", refusals->rows[i].advice));
	return rows;
}

static json_t *settings_json(const struct clinic_doctor_checks *health)
{
	struct setting settings[SETTINGS];
	json_t *object = json_object();

	list_settings(health, settings);
	for (int i = 0; i < SETTINGS; i++)
		if (settings[i].value != CLINIC_DOCTOR_UNKNOWN)
			json_object_set_new(object, settings[i].name,
					    json_integer(settings[i].value));
	return object;
}

static int print_json(const struct clinic_doctor_checks *health)
{
	json_t *object = json_pack(
		"{s:s, s:b, s:s?, s:b, s:b, s:i, s:b, s:b, s:o, s:o}",
		"backend", chosen(health), "perf", health->has_perf,
		"perf_event", health->has_perf ? health->perf.event : NULL,
		"kernel_visible",
		health->has_perf && health->perf.kernel_visible, "timer",
		!health->timer_error, "timer_most_hz",
		(int)health->timer_ticks_hz, "kernel_names",
		!health->kernel_names_error, "seccomp_filter",
		health->has_filter, "settings", settings_json(health),
		"refusals", refusals_json(&health->perf_refusals));
	int failed = !object || json_dumpf(object, stdout, JSON_INDENT(1));

	json_decref(object);
	puts("");
	return failed ? clinic_complain("out of memory") : CLINIC_EXIT_DONE;
}

static int run(int argc, char **argv)
{
	bool wants_json = false;
	const struct clinic_option options[] = {
		{0, "json", NULL, CLINIC_OPTION_FLAG, &wants_json,
		 "as JSON, for programs"},
		{0},
	};
	struct clinic_doctor_checks health;
	char preload[PATH_MAX];
	int at = clinic_options(&usage, options, argc, argv);
	int status = CLINIC_EXIT_DONE;

	if (at < 0)
		return clinic_options_exit(at);
	clinic_preload_path(preload);
	clinic_doctor_checks_check(preload, &health);
	if (wants_json)
		status = print_json(&health);
	else
		print_text(&health);
	if (status)
		return status;
	return has_backend(&health) ? CLINIC_EXIT_DONE : EXIT_ENVIRONMENT;
}

static const struct clinic_verb verb = {
	.name = "doctor",
	.summary = "what works on this machine, and what would help",
	.run = run,
};
CLINIC_VERB(verb);
