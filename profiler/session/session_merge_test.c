/*
 * Tests what the head of a merged session contains, and how its figures add up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "session/session.h"

struct run {
	const char *command, *host, *backend;
	uint64_t frequency_hz; /* 0: nothing was sampled */
	uint64_t cpu_ns;
	uint32_t exit_code;
	uint64_t started_ns, ended_ns, peak_bytes;
};

static uint32_t text_of(struct clinic_session *session, const char *text)
{
	uint32_t id;

	assert_int_equal(clinic_session_text_id(session, text, &id), 0);
	return id;
}

static struct clinic_session *session_of(const struct run *run)
{
	const struct clinic_sample sample = {.weight_ns = run->cpu_ns};
	struct clinic_session *session;

	assert_int_equal(clinic_session_new(&session), 0);
	*clinic_session_metadata(session) = (struct clinic_session_metadata){
		.command_id = text_of(session, run->command),
		.host_id = text_of(session, run->host),
		.backend_id = text_of(session, run->backend),
		.frequency_hz = run->frequency_hz,
		.exit_code = run->exit_code,
		.started_ns = run->started_ns,
		.ended_ns = run->ended_ns,
	};
	*clinic_session_quality(session) = (struct clinic_quality){
		.accounted_cpu_ns = run->cpu_ns,
		.collector_cpu_ns = run->cpu_ns / 100,
		.kernel_visible = 1,
		.peak_bytes = run->peak_bytes,
	};
	if (run->frequency_hz)
		assert_int_equal(
			clinic_session_add(session, CLINIC_SAMPLES, &sample),
			0);
	return session;
}

static struct clinic_session *merged(const struct run *runs, size_t count)
{
	struct clinic_session *into;

	assert_int_equal(clinic_session_new(&into), 0);
	for (size_t i = 0; i < count; i++) {
		struct clinic_session *from = session_of(&runs[i]);

		assert_int_equal(clinic_session_merge(into, from), 0);
		clinic_session_free(from);
	}
	return into;
}

#define MERGED(...)                                                            \
	merged((const struct run[]){__VA_ARGS__},                              \
	       sizeof((const struct run[]){__VA_ARGS__}) / sizeof(struct run))

static const char *command_of(struct clinic_session *session)
{
	return clinic_session_text(
		session, clinic_session_metadata(session)->command_id);
}

static uint32_t notes_of(struct clinic_session *session)
{
	uint32_t count;

	clinic_session_rows(session, CLINIC_NOTES, &count);
	return count;
}

/* Bug: only the first session's command was kept. */
static void commands_are_listed_once_each(void **state)
{
	struct clinic_session *session =
		MERGED({.command = "./a; b", .host = "h", .backend = ""},
		       {.command = "b", .host = "h", .backend = ""},
		       {.command = "./a; b", .host = "h", .backend = ""},
		       {.command = "./a", .host = "h", .backend = ""},
		       {.command = "c", .host = "h", .backend = ""});

	(void)state;
	/* "./a; b" looks like a list of "./a" and "b", so these are not added
	 * again. No more than that may be missing. */
	assert_string_equal(command_of(session), "./a; b; c");
	assert_int_equal(notes_of(session), 0);
	clinic_session_free(session);
}

static void many_commands_end_in_dots(void **state)
{
	struct clinic_session *into;
	size_t length;

	(void)state;
	assert_int_equal(clinic_session_new(&into), 0);
	for (int i = 0; i < 500; i++) {
		char command[32];
		struct clinic_session *from;

		snprintf(command, sizeof(command), "./run --number %d", i);
		from = session_of(&(struct run){
			.command = command, .host = "h", .backend = ""});
		assert_int_equal(clinic_session_merge(into, from), 0);
		clinic_session_free(from);
	}
	length = strlen(command_of(into));
	assert_in_range(length, 900, 1010);
	assert_string_equal(command_of(into) + length - 5, "; ...");
	clinic_session_free(into);
}

/* Bug: the CPU time of an allocation run made half of all samples seem lost. */
static void only_sampled_runs_are_held_against_samples(void **state)
{
	const struct run cpu = {.command = "p",
				.host = "h",
				.backend = "perf",
				.frequency_hz = 999,
				.cpu_ns = 1000,
				.peak_bytes = 5};
	const struct run alloc = {.command = "p",
				  .host = "h",
				  .backend = "none",
				  .cpu_ns = 3000,
				  .peak_bytes = 70};
	const struct run *orders[][2] = {{&cpu, &alloc}, {&alloc, &cpu}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct clinic_session *session =
			MERGED(*orders[i][0], *orders[i][1]);
		const struct clinic_quality *quality =
			clinic_session_quality(session);

		assert_int_equal(quality->accounted_cpu_ns, 1000);
		assert_int_equal(quality->collector_cpu_ns, 10);
		assert_int_equal(quality->kernel_visible, 1);
		assert_int_equal(quality->peak_bytes, 70);
		assert_int_equal(clinic_session_metadata(session)->frequency_hz,
				 999);
		clinic_session_free(session);
	}
}

static void sampled_runs_add_up(void **state)
{
	struct clinic_session *session = MERGED({.command = "p",
						 .host = "h",
						 .backend = "perf",
						 .frequency_hz = 999,
						 .cpu_ns = 1000,
						 .peak_bytes = 5,
						 .started_ns = 50,
						 .ended_ns = 60},
						{.command = "p",
						 .host = "h",
						 .backend = "timer",
						 .frequency_hz = 99,
						 .cpu_ns = 500,
						 .peak_bytes = 4,
						 .exit_code = 3,
						 .started_ns = 10,
						 .ended_ns = 20});
	const struct clinic_session_metadata *metadata =
		clinic_session_metadata(session);

	(void)state;
	assert_int_equal(clinic_session_quality(session)->accounted_cpu_ns,
			 1500);
	assert_int_equal(clinic_session_quality(session)->peak_bytes, 5);
	assert_int_equal(metadata->frequency_hz, 0); /* no single value */
	assert_int_equal(metadata->exit_code, 3);
	assert_int_equal(metadata->started_ns, 10);
	assert_int_equal(metadata->ended_ns, 60);
	assert_string_equal(clinic_session_text(session, metadata->backend_id),
			    "perf; timer");
	clinic_session_free(session);
}

/* The text of perf script does not contain the CPU time that was accounted. */
static void an_unknown_account_makes_the_sum_unknown(void **state)
{
	struct clinic_session *session = MERGED({.command = "p",
						 .host = "h",
						 .backend = "perf",
						 .frequency_hz = 999,
						 .cpu_ns = 1000},
						{.command = "p",
						 .host = "h",
						 .backend = "perf",
						 .frequency_hz = 999});

	(void)state;
	assert_int_equal(clinic_session_quality(session)->accounted_cpu_ns, 0);
	clinic_session_free(session);
}

static void different_machines_are_warned_of_once(void **state)
{
	struct clinic_session *session =
		MERGED({.command = "p", .host = "one", .backend = ""},
		       {.command = "p", .host = "two", .backend = ""},
		       {.command = "p", .host = "two", .backend = ""},
		       {.command = "p", .host = "three", .backend = ""},
		       {.command = "p", .host = "", .backend = ""});

	(void)state;
	assert_int_equal(notes_of(session), 1);
	clinic_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_listed_once_each),
		cmocka_unit_test(many_commands_end_in_dots),
		cmocka_unit_test(only_sampled_runs_are_held_against_samples),
		cmocka_unit_test(sampled_runs_add_up),
		cmocka_unit_test(an_unknown_account_makes_the_sum_unknown),
		cmocka_unit_test(different_machines_are_warned_of_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
