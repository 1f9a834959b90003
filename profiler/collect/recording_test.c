/* Tests that snapshots of the parts of a recording add up to the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "collect/recording.h"
#include "session/session.h"

#define STEP_MS 20

/* execvp takes what is not const. */
static char program[] = "build/victims/alloc_churn", threads[] = "1",
	    pairs[] = "3000000";
static char *const churn[] = {program, threads, pairs, NULL};
static const struct clinic_arena_plan counted = {
	.preload = "build/lib/libclinic-preload.so", .with_alloc = true};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)now.tv_nsec;
}

/* Allocations of the session, by its sums and by its changes. */
struct tally {
	uint64_t summed_count;
	uint64_t changed_count;
};

static struct tally tally_of(const struct clinic_session *session)
{
	const struct clinic_allocation *sums;
	const struct clinic_allocation_change *changes;
	struct tally tally = {0};
	uint32_t count;

	sums = clinic_session_rows(session, CLINIC_ALLOCATIONS, &count);
	for (uint32_t i = 0; i < count; i++)
		tally.summed_count += sums[i].allocations_count;
	changes =
		clinic_session_rows(session, CLINIC_ALLOCATION_CHANGES, &count);
	for (uint32_t i = 0; i < count; i++)
		tally.changed_count += changes[i].allocations_count;
	return tally;
}

static struct tally snapshot(struct clinic_recording *recording,
			     uint64_t from_ns, uint64_t to_ns)
{
	struct clinic_session *session;
	struct tally tally;

	assert_int_equal(clinic_session_new(&session), 0);
	assert_int_equal(
		clinic_recording_snapshot(recording, from_ns, to_ns, session),
		0);
	tally = tally_of(session);
	clinic_session_free(session);
	return tally;
}

/* Steps until the target has allocated or has ended. */
static struct tally first_look(struct clinic_recording *recording)
{
	struct tally tally = {0};

	while (!tally.summed_count &&
	       clinic_recording_step(recording, STEP_MS) > 0)
		tally = snapshot(recording, 0, UINT64_MAX);
	return tally;
}

static void its_parts_are_the_whole(void **unused)
{
	const struct clinic_recording_plan plan = {
		.backend = CLINIC_BACKEND_NONE,
		.argv = churn,
		.alloc = &counted,
	};
	struct clinic_recording_outcome outcome = {0};
	struct clinic_recording *recording;
	struct tally early, whole, before, after;
	uint64_t middle_ns;

	(void)unused;
	assert_int_equal(clinic_recording_open(&plan, &outcome, &recording), 0);
	early = first_look(recording);
	middle_ns = now_ns();
	while (clinic_recording_step(recording, -1) > 0)
		;
	whole = snapshot(recording, 0, UINT64_MAX);
	before = snapshot(recording, 0, middle_ns);
	after = snapshot(recording, middle_ns, UINT64_MAX);

	assert_true(early.summed_count > 0);
	assert_true(early.summed_count < whole.summed_count);
	assert_true(whole.summed_count >= 3000000);
	assert_int_equal(whole.changed_count, whole.summed_count);
	assert_true(before.changed_count >= early.changed_count);
	assert_int_equal(before.changed_count + after.changed_count,
			 whole.changed_count);
	clinic_recording_close(recording);
	clinic_target_close(&outcome.target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_parts_are_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
