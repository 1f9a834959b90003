/*
 * Tests walks where the tables or the copy of the stack end: the kernel's chain
 * of frame pointers, and code without a table.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unwind/unwind_scene.h"

static struct clinic_modules *mapped_modules;
static struct clinic_space *mapped_space; /* our own mappings and their files */
static uint64_t chain[SCENE_FRAMES_MAX];

/* As from another process, the calls of a chain are read from the files. */
static void walk_mapped(struct scene *s)
{
	clinic_unwind(&s->unwinder, mapped_space, &s->at, &s->out);
}

/*
 * Makes a chain from the frame pointers, which these tests are compiled to
 * keep.
 */
static void make_chain(struct scene *s)
{
	uint64_t fp = s->registers.value[CLINIC_REGISTER_FP];
	uint64_t end = s->at.stack_start + s->at.stack_bytes;

	chain[0] = s->registers.value[CLINIC_REGISTER_PC];
	s->at.chain = chain;
	s->at.chain_count = 1;
	while (fp >= s->at.stack_start && fp < end - 16 && fp % 8 == 0) {
		uint64_t frame[2];

		scene_copy_words(frame, (const void *)(uintptr_t)fp, 2);
		chain[s->at.chain_count++] = frame[1];
		fp = frame[0];
	}
}

static void walk_by_chain(struct scene *s)
{
	make_chain(s);
	s->at.registers = NULL;
	s->at.stack_bytes = 0;
	walk_mapped(s);
}

static void a_chain_is_proven_by_tables(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, walk_by_chain);
	scene_expect_callers(s, 1);
	s->out.frames_max = 3; /* as many as these tests have calls */
	walk_mapped(s);
	scene_expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_DEPTH);
	free(s);
}

static void walk_short_with_chain(struct scene *s)
{
	make_chain(s);
	s->at.stack_bytes = 64;
	s->out.frames_max = 4;
	walk_mapped(s);
}

static void a_chain_continues_where_the_copy_ends(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, walk_short_with_chain);
	assert_int_equal(s->out.frames_count, 4);
	assert_memory_equal(s->frames + 1, s->expected, sizeof(s->expected));
	scene_expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_DEPTH);
	free(s);
}

static void walk_chain_into_data(struct scene *s)
{
	make_chain(s);
	chain[2] = (uintptr_t)s; /* data */
	s->at.stack_bytes = 0;
	walk_mapped(s);
}

static void a_chain_that_leaves_code_ends_there(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, walk_chain_into_data);
	assert_int_equal(s->out.frames_count, 2);
	assert_int_equal(s->frames[1], s->expected[0]);
	scene_expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_STACK_SHORT);
	free(s);
}

static void walk_other_chain(struct scene *s)
{
	make_chain(s);
	chain[0]++; /* from another moment than the registers */
	s->at.stack_bytes = 0;
	walk_mapped(s);
}

static void a_chain_of_another_moment_is_not_used(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_play(s, walk_other_chain);
	assert_int_equal(s->out.frames_count, 1);
	scene_expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_STACK_SHORT);
	free(s);
}

#if defined(__x86_64__)
/* push %rbp; mov %rsp, %rbp; call *%rsi; pop %rbp; ret */
static const uint8_t generated[] = {0x55, 0x48, 0x89, 0xe5,
				    0xff, 0xd6, 0x5d, 0xc3};

static void play_and_walk(struct scene *s)
{
	scene_play(s, scene_walk);
	STAY();
}

/* This code has no table, but keeps a frame pointer. */
static void generated_code_is_a_guess(void **state)
{
	struct scene *s = scene_new();
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct clinic_mapping mapping = {
		.start = (uintptr_t)code, .size_bytes = 4096, .path = "//anon"};
	void (*call)(struct scene *, void (*)(struct scene *));

	(void)state;
	assert_ptr_not_equal(code, MAP_FAILED);
	memcpy(code, generated, sizeof(generated));
	memcpy(&call, &code, sizeof(call));
	assert_int_equal(clinic_space_map(scene_space, &mapping), 0);
	call(s, play_and_walk);
	scene_expect_callers(s, 1);
	assert_int_equal(s->frames[4], mapping.start + 5);
	scene_expect_end(s, CLINIC_UNWIND_GUESSED, CLINIC_END_OUTERMOST);
	assert_int_equal(munmap(code, 4096), 0);
	free(s);
}
#endif

static int make_spaces(void **state)
{
	if (scene_make_space(state) < 0 ||
	    clinic_modules_new(&mapped_modules) < 0 ||
	    clinic_space_new(mapped_modules, getpid(), &mapped_space) < 0)
		return -1;
	return clinic_space_read_maps(mapped_space);
}

static int free_spaces(void **state)
{
	clinic_space_free(mapped_space);
	clinic_modules_free(mapped_modules);
	return scene_free_space(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_is_proven_by_tables),
		cmocka_unit_test(a_chain_continues_where_the_copy_ends),
		cmocka_unit_test(a_chain_that_leaves_code_ends_there),
		cmocka_unit_test(a_chain_of_another_moment_is_not_used),
#if defined(__x86_64__)
		cmocka_unit_test(generated_code_is_a_guess),
#endif
	};

	return cmocka_run_group_tests(tests, make_spaces, free_spaces);
}
