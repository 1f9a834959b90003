/* Tests which frames are the program's own, the library's or an instrument's.
 */
#include "session/instrument_time.h"
#include "session/own_frame.h"
#include "session/session_scene.h"

static void code_of_libraries_is_not_the_programs(void **state)
{
	static const struct {
		const char *function, *library, *file;
		bool is_own;
	} frames[] = {
		{"parse", "/bin/prog", "/src/parse.c", true},
		{"parse", "", "", true},
		{"parse", "/opt/libc.so.d/prog", "", true},
		{"__libc_start_main", "/lib/libc.so.6", "", false},
		{"_dl_start", "ld-linux-x86-64.so.2", "", false},
		{"clock_gettime", "[vdso]", "", false},
		{"je_malloc", "/lib/libjemalloc.so.2", "", false},
		{"grow", "/bin/prog", "/usr/include/c++/12/vector", false},
		{"grow", "/bin/prog", "/rustc/1f2/library/vec.rs", false},
		{"malloc", "/bin/prog", "", false},
		{"malloc_all", "/bin/prog", "", true},
		{"my_malloc", "/bin/prog", "", true},
		{"g_malloc0", "/bin/prog", "", false},
		{"operator new[](unsigned long)", "/bin/prog", "", false},
		{"std::string::append(char const*)", "/bin/prog", "", false},
		{"void std::vector<int, A<int> >::_M_realloc_insert<int>(int)",
		 "/bin/prog", "", false},
		{"void fill<std::string>(std::string)", "/bin/prog", "", true},
		{"std::string make_name(int)", "/bin/prog", "", true},
		{"(anonymous namespace)::work()", "/bin/prog", "", true},
		{"<alloc::vec::Vec<T> as core::clone::Clone>::clone",
		 "/bin/prog", "", false},
		{"decltype (a->b) std::get(int)", "/bin/prog", "", false},
	};
	struct clinic_session *s = scene_new();

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		uint32_t id = scene_frame(s, frames[i].function,
					  frames[i].library, frames[i].file);

		if (clinic_frame_is_own(s, id) != frames[i].is_own)
			fail_msg("%s of %s, %s", frames[i].function,
				 frames[i].library, frames[i].file);
	}
	clinic_session_free(s);
}

static void the_own_stack_ends_with_the_innermost_own_frame(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t whole =
		scene_stack(s, "_start>main>grow>std::copy>malloc@libc.so.6");
	uint32_t own = scene_stack(s, "_start>main>grow");
	uint32_t foreign = scene_stack(s, "_start>malloc@libc.so.6");

	(void)state;
	assert_int_equal(clinic_own_stack(s, whole), own);
	assert_int_equal(clinic_own_stack(s, own), own);
	assert_int_equal(clinic_own_stack(s, foreign), foreign);
	clinic_session_free(s);
}

static uint32_t at_address(struct clinic_session *s, uint32_t function,
			   uint32_t line, uint64_t address)
{
	struct clinic_frame frame = {.function_id = function,
				     .line = line,
				     .address = address,
				     .tier = CLINIC_TIER_DWARF};
	uint32_t id, stack, site;

	assert_int_equal(clinic_session_frame_id(s, &frame, &id), 0);
	assert_int_equal(clinic_session_stack_id(s, 0, id, &stack), 0);
	stack = scene_push(s, stack, "malloc", strlen("malloc"));
	assert_int_equal(clinic_own_site(s, stack, &site), 0);
	return site;
}

/* A reader cannot tell calls of one line apart, but can those of two. */
static void a_site_is_a_line_or_a_nameless_address(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t function = scene_text(s, "grow");

	(void)state;
	assert_int_equal(at_address(s, function, 5, 100),
			 at_address(s, function, 5, 200));
	assert_int_not_equal(at_address(s, function, 5, 100),
			     at_address(s, function, 6, 100));
	assert_int_not_equal(at_address(s, 0, 0, 100),
			     at_address(s, 0, 0, 200));
	clinic_session_free(s);
}

static void a_sample_is_an_instruments_if_its_innermost_frame_is(void **state)
{
	static const struct {
		const char *stack;
		bool is_instrument;
	} stacks[] = {
		{"main", false},
		{"main>malloc@/opt/libclinic-preload.so", true},
		{"main>malloc@libclinic-preload.so", true},
		{"main>hook@libclinic-preload.so>malloc@libc.so.6", false},
		{"main>hook@libclinic-preload.so>clock@[vdso]", true},
		{"main>hook@libclinic-preload.so>sys_futex@[kernel]", true},
		{"main>perf_event_overflow@[kernel.kallsyms]", true},
		{"main>perf_event_overflow@[kernel]>memcpy@[kernel]", true},
		{"main>sys_read@[kernel]", false},
		{"main>perf_event_overflow", false},
	};
	struct clinic_session *s = scene_new();

	(void)state;
	for (size_t i = 0; i < sizeof(stacks) / sizeof(*stacks); i++)
		if (clinic_stack_is_instrument(
			    s, scene_stack(s, stacks[i].stack)) !=
		    stacks[i].is_instrument)
			fail_msg("%s", stacks[i].stack);
	assert_false(clinic_stack_is_instrument(s, CLINIC_STACK_ROOT));
	clinic_session_free(s);
}

static void time_of_instruments_can_be_left_out(void **state)
{
	struct clinic_session *s = scene_new();
	uint32_t work = scene_stack(s, "main");
	uint32_t hook = scene_stack(s, "main>malloc@libclinic-preload.so");
	const struct clinic_sample *sample;
	uint64_t sum_ns;
	uint32_t count;

	(void)state;
	scene_cpu(s, hook, 3);
	scene_cpu(s, work, 10);
	scene_cpu(s, hook, 4);
	scene_cpu(s, work, 20);
	clinic_session_quality(s)->accounted_cpu_ns = 50;
	assert_int_equal(clinic_instrument_cpu_ns(s, &sum_ns), 0);
	assert_int_equal(sum_ns, 7);
	assert_int_equal(scene_count(s, CLINIC_SAMPLES), 4);
	assert_int_equal(clinic_session_leave_out_instrument(s, &sum_ns), 0);
	assert_int_equal(sum_ns, 7);
	sample = clinic_session_rows(s, CLINIC_SAMPLES, &count);
	assert_int_equal(count, 2);
	assert_int_equal(sample[0].weight_ns, 10);
	assert_int_equal(sample[1].weight_ns, 20);
	assert_int_equal(clinic_session_quality(s)->accounted_cpu_ns, 43);
	/* Samples may account for more than the kernel did. */
	scene_cpu(s, hook, 100);
	assert_int_equal(clinic_session_leave_out_instrument(s, &sum_ns), 0);
	assert_int_equal(clinic_session_quality(s)->accounted_cpu_ns, 0);
	clinic_session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_of_libraries_is_not_the_programs),
		cmocka_unit_test(
			the_own_stack_ends_with_the_innermost_own_frame),
		cmocka_unit_test(a_site_is_a_line_or_a_nameless_address),
		cmocka_unit_test(
			a_sample_is_an_instruments_if_its_innermost_frame_is),
		cmocka_unit_test(time_of_instruments_can_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
