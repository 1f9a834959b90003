/*
 * Lets every allocation in reading, importing, merging, counting and writing
 * fail once. The result must be -ENOMEM: no crash, no leak (sanitizers look for
 * them), no file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/collapsed.h"
#include "formats/flamegraph.h"
#include "formats/format.h"
#include "formats/perf_script.h"
#include "session/call_change.h"
#include "session/call_tree.h"
#include "session/instrument_time.h"
#include "session/memory_sums.h"
#include "session/quality.h"
#include "session/session.h"
#include "session/session_json.h"
#include "session/tally.h"
#include "session/waiting.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);

static long until_failure = -1; /* negative: none fails */
static long failures;

static int fails(void)
{
	if (until_failure < 0 || until_failure--)
		return 0;
	failures++;
	return 1;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	return fails() ? NULL : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

static const char corpus[] = "hardening/fuzz/corpus/session/everything.json";
static char out_path[] = "/tmp/session_memory_test.XXXXXX";

static int use_tree(const struct clinic_session *session)
{
	static const struct clinic_flamegraph_options options = {
		.title = "t", .subtitle = "s", .weight = CLINIC_WEIGHT_SAMPLES};
	struct clinic_call_tree tree;
	struct clinic_call_change *change;
	uint32_t count;
	int error = clinic_call_tree_start(&tree, false);

	if (!error)
		error = clinic_call_tree_add(&tree, 0, session,
					     CLINIC_WEIGHT_SAMPLES);
	if (!error)
		clinic_call_tree_sum(&tree);
	if (!error)
		error = clinic_call_changes(&tree, &change, &count);
	if (!error) {
		free(change);
		error = clinic_collapsed_write(&tree, 1, out_path);
	}
	if (!error)
		error = clinic_flamegraph_write(&tree, &options, out_path);
	clinic_call_tree_free(&tree);
	return error;
}

static int use_tallies(const struct clinic_session *session)
{
	struct clinic_quality_counts counts;
	struct clinic_tally tally;
	int error = clinic_tally_make(session, CLINIC_BY_FUNCTION,
				      CLINIC_WEIGHT_SAMPLES, &tally);

	if (error)
		return error;
	clinic_tally_free(&tally);
	error = clinic_tally_callers(session, "f", CLINIC_WEIGHT_SAMPLES,
				     &tally);
	if (error)
		return error;
	clinic_tally_free(&tally);
	return clinic_quality_count(session, &counts);
}

static int use_sums(struct clinic_session *session)
{
	struct clinic_memory memory;
	struct clinic_waiting waiting;
	uint64_t instruments_ns;
	int error = clinic_memory_sum(session, false, &memory);

	clinic_memory_free(&memory);
	if (error)
		return error;
	error = clinic_waiting_sum(session, &waiting);
	if (error)
		return error;
	clinic_waiting_free(&waiting);
	return clinic_instrument_cpu_ns(session, &instruments_ns);
}

static int use_merge(struct clinic_session *session)
{
	struct clinic_session *into;
	int error = clinic_session_new(&into);

	if (error)
		return error;
	error = clinic_session_merge(into, session);
	if (!error)
		error = clinic_session_write(into, out_path);
	clinic_session_free(into);
	return error;
}

static int use_everything(void)
{
	struct clinic_session *session;
	int error = clinic_session_new(&session);

	if (error)
		return error;
	error = clinic_session_read(corpus, session, NULL);
	if (error) {
		clinic_session_free(session);
		return error;
	}
	error = use_tallies(session);
	if (!error)
		error = use_sums(session);
	if (!error)
		error = use_tree(session);
	if (!error)
		error = use_merge(session);
	clinic_session_free(session);
	return error;
}

/* Every allocation of `use` fails once, and at least `least` of them. */
static void fail_each_allocation(int (*use)(void), long least)
{
	long at = 0;
	int error;

	do {
		failures = 0;
		until_failure = at++;
		error = use();
		until_failure = -1;
		if (failures)
			assert_int_equal(error, -ENOMEM);
	} while (failures);
	assert_int_equal(error, 0);
	assert_true(at > least);
	fprintf(stderr, "%ld allocations failed once each\n", at - 1);
}

static void each_allocation_may_fail(void **state)
{
	(void)state;
	fail_each_allocation(use_everything, 50);
	unlink(out_path);
}

static int import_perf_script(void)
{
	static const struct clinic_format_options options;
	struct clinic_session *session;
	struct clinic_why why;
	int error = clinic_session_new(&session);

	if (error)
		return error;
	error = clinic_perf_script_read(
		"hardening/fuzz/corpus/perf_script/pipeline.txt", &options,
		session, &why);
	clinic_session_free(session);
	return error;
}

static void each_allocation_of_an_import_may_fail(void **state)
{
	(void)state;
	fail_each_allocation(import_perf_script, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(each_allocation_of_an_import_may_fail),
	};

	if (!mkdtemp(out_path))
		return 1;
	rmdir(out_path);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
