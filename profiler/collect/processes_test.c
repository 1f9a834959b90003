/*
 * Tests how forks, execs and exits change what is known about processes.
 *
 * The numbers of processes here are greater than any in the kernel, so /proc
 * has none of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "collect/processes.h"

enum { FIRST = 90000000, SECOND = 90000100 };

struct fixture {
	struct clinic_modules *modules;
	struct clinic_processes *processes;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	return clinic_modules_new(&fixture->modules) ||
	       clinic_processes_new(fixture->modules, &fixture->processes);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	clinic_processes_free(fixture->processes);
	clinic_modules_free(fixture->modules);
	free(fixture);
	return 0;
}

static void follow(struct fixture *fixture, const struct clinic_event *event)
{
	assert_int_equal(clinic_processes_follow(fixture->processes, event), 0);
}

static void fork_to(struct fixture *fixture, uint32_t parent, uint32_t pid,
		    uint32_t tid)
{
	follow(fixture, &(struct clinic_event){
				.kind = CLINIC_EVENT_FORK,
				.pid = pid,
				.tid = tid,
				.fork = {parent, parent},
			});
}

static void end_thread(struct fixture *fixture, uint32_t pid, uint32_t tid)
{
	follow(fixture, &(struct clinic_event){
				.kind = CLINIC_EVENT_EXIT,
				.pid = pid,
				.tid = tid,
			});
}

static void name(struct fixture *fixture, uint32_t tid, const char *text,
		 bool is_exec)
{
	follow(fixture, &(struct clinic_event){
				.kind = CLINIC_EVENT_NAME,
				.pid = FIRST,
				.tid = tid,
				.name = {text, is_exec},
			});
}

static void map_code(struct fixture *fixture, uint32_t pid)
{
	follow(fixture, &(struct clinic_event){
				.kind = CLINIC_EVENT_MAPPING,
				.pid = pid,
				.tid = pid,
				.mapping = {.start = 0x400000,
					    .size_bytes = 0x1000,
					    .path = "/no/such/file"},
			});
}

static struct clinic_thread_state *thread_of(struct fixture *fixture,
					     uint32_t pid, uint32_t tid)
{
	struct clinic_thread_state *thread;

	assert_int_equal(
		clinic_processes_thread(fixture->processes, pid, tid, &thread),
		0);
	return thread;
}

static bool has_code(const struct clinic_thread_state *thread)
{
	struct clinic_place place;

	return !clinic_space_find(thread->process->space, 0x400010, &place);
}

static void a_child_has_what_its_parent_has(void **state)
{
	struct fixture *fixture = *state;

	map_code(fixture, FIRST);
	name(fixture, FIRST, "parent", false);
	fork_to(fixture, FIRST, SECOND, SECOND);
	assert_true(has_code(thread_of(fixture, SECOND, SECOND)));
	assert_string_equal(thread_of(fixture, SECOND, SECOND)->name, "parent");
	assert_ptr_not_equal(thread_of(fixture, SECOND, SECOND)->process,
			     thread_of(fixture, FIRST, FIRST)->process);
}

static void a_thread_shares_its_process(void **state)
{
	struct fixture *fixture = *state;

	map_code(fixture, FIRST);
	fork_to(fixture, FIRST, FIRST, FIRST + 1);
	assert_ptr_equal(thread_of(fixture, FIRST, FIRST + 1)->process,
			 thread_of(fixture, FIRST, FIRST)->process);
	/* The first thread may leave before the others. */
	end_thread(fixture, FIRST, FIRST);
	assert_true(has_code(thread_of(fixture, FIRST, FIRST + 1)));
}

static void an_exec_empties_and_ends_the_others(void **state)
{
	struct fixture *fixture = *state;

	map_code(fixture, FIRST);
	for (uint32_t i = 1; i < 20; i++)
		fork_to(fixture, FIRST, FIRST, FIRST + i);
	name(fixture, FIRST, "other", true);
	assert_false(has_code(thread_of(fixture, FIRST, FIRST)));
	assert_int_equal(
		thread_of(fixture, FIRST, FIRST)->process->threads_count, 1);
	assert_string_equal(thread_of(fixture, FIRST, FIRST)->name, "other");
}

static void the_last_end_ends_the_process(void **state)
{
	struct fixture *fixture = *state;

	map_code(fixture, FIRST);
	fork_to(fixture, FIRST, SECOND, SECOND);
	assert_int_equal(clinic_processes_next(fixture->processes, 0), FIRST);
	assert_int_equal(clinic_processes_next(fixture->processes, FIRST),
			 SECOND);
	end_thread(fixture, FIRST, FIRST);
	assert_int_equal(clinic_processes_next(fixture->processes, 0), SECOND);
	end_thread(fixture, SECOND, SECOND);
	assert_int_equal(clinic_processes_next(fixture->processes, 0), 0);
	end_thread(fixture, SECOND, SECOND); /* once more: no harm */
}

/* The end of a thread was lost, and the kernel gave its number to another. */
static void a_number_can_come_back(void **state)
{
	struct fixture *fixture = *state;

	map_code(fixture, FIRST);
	fork_to(fixture, FIRST, FIRST, SECOND);
	fork_to(fixture, FIRST, SECOND, SECOND);
	assert_int_equal(thread_of(fixture, SECOND, SECOND)->process->pid,
			 SECOND);
	assert_int_equal(
		thread_of(fixture, FIRST, FIRST)->process->threads_count, 1);
}

static void missed_twice_is_forgotten(void **state)
{
	struct fixture *fixture = *state;

	map_code(fixture, FIRST);
	fork_to(fixture, FIRST, FIRST, FIRST + 1);
	clinic_processes_miss(fixture->processes, FIRST);
	assert_int_equal(clinic_processes_next(fixture->processes, 0), FIRST);
	clinic_processes_miss(fixture->processes, FIRST);
	assert_int_equal(clinic_processes_next(fixture->processes, 0), 0);
	clinic_processes_miss(fixture->processes, FIRST);
}

/* The backend of timers does not report the ends of threads. */
static void threads_without_an_end_are_forgotten(void **state)
{
	struct fixture *fixture = *state;
	struct clinic_thread_state *thread;
	uint32_t own = (uint32_t)getpid();

	for (uint32_t tid = FIRST; tid < FIRST + 3; tid++)
		assert_int_equal(clinic_processes_thread(fixture->processes,
							 own, tid, &thread),
				 0);
	assert_int_equal(
		clinic_processes_thread(fixture->processes, own, own, &thread),
		0);
	clinic_processes_forget_ended(fixture->processes);
	assert_int_equal(clinic_processes_states_count(fixture->processes), 4);
	clinic_processes_forget_ended(fixture->processes);
	assert_int_equal(clinic_processes_states_count(fixture->processes), 1);
	assert_int_equal(clinic_processes_next(fixture->processes, 0), own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_child_has_what_its_parent_has,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_thread_shares_its_process,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_exec_empties_and_ends_the_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_end_ends_the_process,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_number_can_come_back, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(missed_twice_is_forgotten,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			threads_without_an_end_are_forgotten, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
