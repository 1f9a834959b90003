/* Tests the sums of times off the CPU, by thread and by stack. */
#include "session/waiting.h"
#include "session/session_scene.h"

static void add_wait(struct clinic_session *s, uint32_t thread, uint32_t stack,
		     uint64_t weight_ns, uint16_t flags)
{
	struct clinic_sample wait = {.thread_id = thread,
				     .stack_id = stack,
				     .weight_ns = weight_ns,
				     .flags = flags};

	scene_add(s, CLINIC_WAITS, &wait);
}

static void add_life(struct clinic_session *s, uint32_t thread,
		     uint64_t watched_ns)
{
	struct clinic_lifetime life = {.thread_id = thread,
				       .watched_ns = watched_ns};

	scene_add(s, CLINIC_LIFETIMES, &life);
}

static void assert_row(const struct clinic_waiting_row *row,
		       const struct clinic_waiting_row *wanted)
{
	assert_int_equal(row->id, wanted->id);
	assert_int_equal(row->watched_ns, wanted->watched_ns);
	assert_int_equal(row->blocked_ns, wanted->blocked_ns);
	assert_int_equal(row->ready_ns, wanted->ready_ns);
	assert_int_equal(row->longest_ns, wanted->longest_ns);
	assert_int_equal(row->waits_count, wanted->waits_count);
	assert_int_equal(row->approximate_count, wanted->approximate_count);
	assert_int_equal(row->sampled_cpu_ns, wanted->sampled_cpu_ns);
}

/* After an exec a thread has two rows; both are one thread, by its new name. */
static void a_thread_is_summed_under_its_latest_name(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t old = scene_thread(s, 1, 2, "old");
	uint32_t other = scene_thread(s, 1, 3, "other");
	uint32_t other_process = scene_thread(s, 2, 2, "old");
	uint32_t now = scene_thread(s, 1, 2, "now");
	struct clinic_waiting w;

	(void)state;
	add_life(s, old, 100);
	add_life(s, other, 500);
	add_life(s, other_process, 1);
	add_life(s, now, 50);
	add_wait(s, old, 0, 10, 0);
	add_wait(s, now, 0, 30, CLINIC_SAMPLE_PREEMPTED);
	add_wait(s, other, 0, 5, CLINIC_SAMPLE_APPROXIMATE);
	assert_int_equal(clinic_waiting_sum(s, &w), 0);
	assert_int_equal(w.threads_count, 3);
	assert_row(&w.thread[0],
		   &(struct clinic_waiting_row){.id = other,
						.watched_ns = 500,
						.blocked_ns = 5,
						.longest_ns = 5,
						.waits_count = 1,
						.approximate_count = 1});
	assert_row(&w.thread[1],
		   &(struct clinic_waiting_row){.id = now,
						.watched_ns = 150,
						.blocked_ns = 10,
						.ready_ns = 30,
						.longest_ns = 30,
						.waits_count = 2});
	assert_row(&w.thread[2], &(struct clinic_waiting_row){
					 .id = other_process, .watched_ns = 1});
	assert_row(&w.all,
		   &(struct clinic_waiting_row){.watched_ns = 651,
						.blocked_ns = 15,
						.ready_ns = 30,
						.longest_ns = 30,
						.waits_count = 3,
						.approximate_count = 1});
	clinic_waiting_free(&w);
	clinic_session_free(s);
}

static void stacks_are_sorted_by_all_time_off_the_cpu(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t thread = scene_thread(s, 1, 1, "t");
	uint32_t read = scene_stack(s, "main>read");
	uint32_t write = scene_stack(s, "main>write");
	uint32_t poll = scene_stack(s, "main>poll");
	struct clinic_waiting w;

	(void)state;
	add_wait(s, thread, write, 20, 0);
	add_wait(s, thread, read, 20, 0);
	add_wait(s, thread, poll, 15, 0);
	add_wait(s, thread, poll, 10, CLINIC_SAMPLE_PREEMPTED);
	assert_int_equal(clinic_waiting_sum(s, &w), 0);
	assert_int_equal(w.stacks_count, 3); /* main itself never waited */
	assert_row(&w.stack[0], &(struct clinic_waiting_row){.id = poll,
							     .blocked_ns = 15,
							     .ready_ns = 10,
							     .longest_ns = 15,
							     .waits_count = 2});
	/* Of two that are equal, the one that appeared first. */
	assert_int_equal(w.stack[1].id, read);
	assert_int_equal(w.stack[2].id, write);
	clinic_waiting_free(&w);
	clinic_session_free(s);
}

/*
 * Where the kernel may not be sampled, its samples stand for all threads: they
 * are no thread's CPU time.
 */
static void the_kernel_counts_where_it_was_seen(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t thread = scene_thread(s, 1, 1, "t");
	struct clinic_sample user = {.thread_id = thread, .weight_ns = 7};
	struct clinic_sample kernel = {.thread_id = thread,
				       .weight_ns = 9,
				       .flags = CLINIC_SAMPLE_KERNEL |
						CLINIC_SAMPLE_TRUNCATED};
	struct clinic_waiting w;

	(void)state;
	add_life(s, thread, 100);
	scene_add(s, CLINIC_SAMPLES, &user);
	scene_add(s, CLINIC_SAMPLES, &kernel);
	assert_int_equal(clinic_waiting_sum(s, &w), 0);
	assert_int_equal(w.all.sampled_cpu_ns, 7);
	assert_int_equal(w.thread[0].sampled_cpu_ns, 7);
	clinic_waiting_free(&w);
	clinic_session_quality(s)->kernel_visible = 1;
	assert_int_equal(clinic_waiting_sum(s, &w), 0);
	assert_int_equal(w.all.sampled_cpu_ns, 16);
	assert_int_equal(w.thread[0].sampled_cpu_ns, 16);
	clinic_waiting_free(&w);
	clinic_session_free(s);
}

static void nothing_is_observed_without_a_life(void **state)
{
	struct clinic_session *s = scene_new();

	(void)state;
	assert_false(clinic_waiting_is_observed(s));
	add_life(s, 0, 1);
	assert_true(clinic_waiting_is_observed(s));
	clinic_session_free(s);
}

/* CPU time is measured by another clock, so the rest may be negative. */
static void the_rest_of_a_life_is_unexplained(void **state)
{
	struct clinic_waiting_row row = {
		.watched_ns = 100, .blocked_ns = 20, .ready_ns = 30};

	(void)state;
	assert_int_equal(clinic_waiting_unexplained(&row, 45), 5);
	assert_int_equal(clinic_waiting_unexplained(&row, 60), -10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_is_summed_under_its_latest_name),
		cmocka_unit_test(stacks_are_sorted_by_all_time_off_the_cpu),
		cmocka_unit_test(the_kernel_counts_where_it_was_seen),
		cmocka_unit_test(nothing_is_observed_without_a_life),
		cmocka_unit_test(the_rest_of_a_life_is_unexplained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
