/*
 * Tests a long recording at 999 Hz on two cores, on a simulated clock.
 *
 * No limit is reached, memory is bounded, and the newest rows are kept. Threads
 * and processes start and end meanwhile, each with its own name, and a
 * program's file is rebuilt twice in a second.
 *
 * The recording lasts two and a half hours, in which there are more samples
 * than the ring holds; five minutes with a sanitizer; with
 * CLINIC_TEST_SECONDS=86400, a day (make soak).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "collect/counted_changes.h"
#include "collect/pending_samples.h"
#include "collect/recorder.h"
#include "session/session.h"
#include "sources/trace_event.h"
#include "unwind/module.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SECONDS 300u
#else
#define SECONDS 8500u
#endif
#define HZ             (2u * 999u)
#define SECOND_NS      UINT64_C(1000000000)
#define BEGAN_NS       (1000 * SECOND_NS)
#define NEW_STACKS     130u       /* in a second: code that comes and goes */
#define NEW_THREADS    25u        /* in a second */
#define NEW_PROCESSES  5u         /* likewise */
#define FIRST_TID      0x1000000u /* above all that the kernel gives */
#define NEW_BUILDS     2u         /* likewise: files that are mapped */
#define BUILD_ADDRESS  UINT64_C(0x10000) /* below all that is mapped */
#define SAMPLED_BUILDS 60u /* seconds between samples in a build */
#define MODULES_MAX    1024u
#define LIFE_NS        UINT64_C(3000000)
#define ROWS_MAX       (1u << 17)
#define RESIDENT_BYTES (UINT64_C(3) << 30)

static void handle(struct clinic_recorder *recorder,
		   const struct clinic_event *event)
{
	if (clinic_recorder_handle_event(recorder, event))
		fail_msg("event %d of %u", (int)event->kind, event->tid);
}

/* A thread is born, gets a name, waits once, and ends LIFE_NS later. */
static void live_and_end(struct clinic_recorder *recorder, uint32_t pid,
			 uint32_t tid, uint64_t born_ns)
{
	char name[16];
	struct clinic_event event = {.kind = CLINIC_EVENT_FORK,
				     .pid = pid,
				     .tid = tid,
				     .time_ns = born_ns};

	event.fork.parent_pid = event.fork.parent_tid = (uint32_t)getpid();
	handle(recorder, &event);
	snprintf(name, sizeof(name), "worker-%u", tid);
	event.kind = CLINIC_EVENT_NAME;
	event.name.text = name;
	event.name.is_exec = false;
	handle(recorder, &event);
	event.kind = CLINIC_EVENT_SWITCH;
	event.time_ns = born_ns + LIFE_NS / 2;
	event.change.cpu = 0;
	event.change.is_out = event.change.is_preempted = false;
	handle(recorder, &event);
	event.kind = CLINIC_EVENT_EXIT;
	event.time_ns = born_ns + LIFE_NS;
	handle(recorder, &event);
}

static void come_and_go(struct clinic_recorder *recorder, uint32_t second)
{
	uint32_t pid = (uint32_t)getpid();

	for (uint32_t i = 0; i < NEW_THREADS + NEW_PROCESSES; i++) {
		uint32_t tid =
			FIRST_TID + second * (NEW_THREADS + NEW_PROCESSES) + i;

		live_and_end(recorder, i < NEW_THREADS ? pid : tid, tid,
			     BEGAN_NS + second * SECOND_NS + i);
	}
}

static void map_build(struct clinic_recorder *recorder, uint32_t build,
		      const char *path, uint64_t time_ns)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_MAPPING,
				     .pid = (uint32_t)getpid(),
				     .tid = (uint32_t)getpid(),
				     .time_ns = time_ns};

	event.mapping = (struct clinic_mapping){.start = BUILD_ADDRESS,
						.size_bytes = 0x1000,
						.inode = 1 + build,
						.path = path};
	handle(recorder, &event);
}

/* Each build takes the place of the one before; few of them are sampled. */
static void rebuild(struct clinic_recorder *recorder, uint32_t second)
{
	uint64_t address = BUILD_ADDRESS + 0x10;
	struct clinic_event event = {
		.kind = CLINIC_EVENT_SAMPLE,
		.pid = (uint32_t)getpid(),
		.tid = (uint32_t)getpid(),
		.time_ns = BEGAN_NS + second * SECOND_NS,
		.sample = {.weight_ns = SECOND_NS / 999,
			   .user_chain = &address,
			   .user_count = 1},
	};
	char path[48];

	for (uint32_t i = 0; i < NEW_BUILDS; i++) {
		snprintf(path, sizeof(path), "/gone/build-%u-%u", second, i);
		map_build(recorder, second * NEW_BUILDS + i, path,
			  event.time_ns);
	}
	if (second % SAMPLED_BUILDS == 0)
		handle(recorder, &event);
}

static void take_second(struct clinic_recorder *recorder, uint32_t second)
{
	uint64_t chain[3] = {0, 0xffffffff81000100, 0xffffffff81000200};
	struct clinic_event event = {
		.kind = CLINIC_EVENT_SAMPLE,
		.pid = (uint32_t)getpid(),
		.tid = (uint32_t)getpid(),
		.sample = {.weight_ns = SECOND_NS / 999,
			   .in_kernel = true,
			   .kernel_chain = chain,
			   .kernel_count = 3},
	};

	for (uint32_t i = 0; i < HZ; i++) {
		event.time_ns =
			BEGAN_NS + second * SECOND_NS + i * (SECOND_NS / HZ);
		chain[0] = UINT64_C(0xffffffff82000000) +
			   (uint64_t)second * NEW_STACKS + i % NEW_STACKS;
		if (clinic_recorder_handle_event(recorder, &event))
			fail_msg("second %u, sample %u", second, i);
	}
	come_and_go(recorder, second);
	rebuild(recorder, second);
	assert_int_equal(clinic_recorder_compact(recorder), 0);
}

/* Ended threads share few rows, which have the sum of all lives. */
static void check_threads(struct clinic_recorder *recorder, uint32_t seconds)
{
	const struct clinic_session *session =
		clinic_recorder_session(recorder);
	const struct clinic_lifetime *life;
	uint64_t watched_ns = 0;
	uint32_t count;

	(void)clinic_session_rows(session, CLINIC_THREADS, &count);
	assert_in_range(count, 1, ROWS_MAX);
	assert_in_range(clinic_session_texts_count(session), 1, 2 * ROWS_MAX);
	life = clinic_session_rows(session, CLINIC_LIFETIMES, &count);
	assert_in_range(count, 1, ROWS_MAX);
	for (uint32_t i = 0; i < count; i++)
		watched_ns += life[i].watched_ns;
	assert_int_equal(watched_ns, (uint64_t)seconds *
					     (NEW_THREADS + NEW_PROCESSES) *
					     LIFE_NS);
}

static uint64_t resident_peak_bytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss * 1024;
}

/* Each build's sample has the name of its own file, whatever came later. */
static uint32_t check_builds(const struct clinic_session *session,
			     const struct clinic_sample *sample, uint32_t count)
{
	uint32_t rows, builds_count = 0;
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &rows);
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &rows);

	for (uint32_t i = 0; i < count; i++) {
		const char *path = clinic_session_library_path(
			session,
			frame[stack[sample[i].stack_id].frame_id].library_id);
		char expected[48];

		if (strncmp(path, "/gone/build-", strlen("/gone/build-")) != 0)
			continue;
		snprintf(expected, sizeof(expected), "/gone/build-%u-%u",
			 (uint32_t)((sample[i].time_ns - BEGAN_NS) / SECOND_NS),
			 NEW_BUILDS - 1);
		assert_string_equal(path, expected);
		builds_count++;
	}
	return builds_count;
}

static uint32_t builds_since(uint64_t from_ns, uint32_t seconds)
{
	uint32_t count = 0;

	for (uint32_t second = 0; second < seconds; second += SAMPLED_BUILDS)
		count += BEGAN_NS + second * SECOND_NS >= from_ns;
	return count;
}

/* A snapshot has all samples that were kept, in order of time, with stacks. */
static void check_snapshot(struct clinic_recorder *recorder, uint64_t from_ns,
			   uint32_t seconds, uint32_t expected)
{
	const uint32_t *stack_ids;
	const struct clinic_sample *samples;
	struct clinic_session *session;
	uint32_t count;

	assert_int_equal(clinic_session_new(&session), 0);
	assert_int_equal(clinic_recorder_snapshot(recorder, from_ns, UINT64_MAX,
						  session, &stack_ids),
			 0);
	samples = clinic_session_rows(session, CLINIC_SAMPLES, &count);
	assert_int_equal(count, expected);
	for (uint32_t i = 1; i < count; i++)
		if (samples[i].time_ns < samples[i - 1].time_ns ||
		    !samples[i].stack_id)
			fail_msg("sample %u", i);
	assert_int_equal(check_builds(session, samples, count),
			 builds_since(samples[0].time_ns, seconds));
	clinic_session_free(session);
}

static uint32_t seconds_asked(void)
{
	const char *asked = getenv("CLINIC_TEST_SECONDS");

	return asked ? (uint32_t)strtoul(asked, NULL, 10) : SECONDS;
}

static void a_long_recording_reaches_no_limit(void **unused)
{
	uint32_t seconds = seconds_asked();
	struct clinic_naming_options naming = {0};
	struct clinic_recorder_counts counts;
	struct clinic_recorder *recorder;
	uint64_t all = (uint64_t)seconds * HZ + builds_since(0, seconds);
	uint64_t last_ns;
	uint64_t kept = all < CLINIC_PENDING_SAMPLES_MAX
				? all
				: CLINIC_PENDING_SAMPLES_MAX;

	(void)unused;
	assert_int_equal(clinic_recorder_new(&naming, &recorder), 0);
	assert_int_equal(clinic_recorder_watch(recorder, (uint32_t)getpid()),
			 0);
	assert_int_equal(clinic_recorder_watch_waits(recorder, false, BEGAN_NS),
			 0);
	for (uint32_t second = 0; second < seconds; second++)
		take_second(recorder, second);
	clinic_recorder_counts_get(recorder, &counts);
	assert_int_equal(counts.samples_count, all);
	assert_in_range(counts.overwritten_count, all - kept,
			all - kept + counts.waits_count);
	check_threads(recorder, seconds);
	assert_in_range(clinic_modules_count(clinic_recorder_modules(recorder)),
			1, MODULES_MAX);
	last_ns = BEGAN_NS + (seconds - 1) * SECOND_NS;
	check_snapshot(recorder, last_ns, seconds,
		       HZ + builds_since(last_ns, seconds));
	check_snapshot(recorder, 0, seconds, (uint32_t)kept);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(resident_peak_bytes() < RESIDENT_BYTES);
#else
	(void)resident_peak_bytes;
#endif
	clinic_recorder_free(recorder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_recording_reaches_no_limit), /* slow */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
