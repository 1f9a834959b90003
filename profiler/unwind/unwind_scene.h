/*
 * unwind/unwind_scene.h - for tests: walks with known answers in our own
 * process.
 *
 * The compiler's __builtin_return_address gives the callers.
 *
 *	struct scene *s = scene_new();
 *	scene_play(s, scene_walk);    three calls deep: then scene_walk(s)
 *	scene_expect_callers(s, 1);   frames[1] and on are those three
 *	free(s);
 *
 * scene_space exists between scene_make_space() and scene_free_space(), which
 * are the set-up and tear-down of a group. Whatever fails, fails the test.
 */
#ifndef CLINIC_UNWIND_SCENE_H
#define CLINIC_UNWIND_SCENE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unwind/address_space.h"
#include "unwind/unwind.h"

enum { SCENE_FRAMES_MAX = 8192, SCENE_NESTING = 3 };

#if defined(__clang__) /* clang never clones functions */
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone))
#endif
/* Comes after a call, so that this is not a tail call. */
#define STAY() __asm__ volatile("" ::: "memory")

static struct clinic_modules *scene_modules;
static struct clinic_space *scene_space; /* our images in memory */

/*
 * Input and output of a walk; expected[i] is the address that frame i + 1 must
 * have.
 */
struct scene {
	struct clinic_unwinder unwinder;
	struct clinic_registers registers;
	struct clinic_unwind_moment at;
	struct clinic_unwound out;
	uint64_t frames[SCENE_FRAMES_MAX];
	uint64_t expected[SCENE_NESTING];
};

static inline uintptr_t scene_stack_end(void)
{
	pthread_attr_t attributes;
	size_t size;
	void *start;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &start, &size);
	pthread_attr_destroy(&attributes);
	return (uintptr_t)start + size;
}

static inline struct scene *scene_new(void)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->at.registers = &s->registers;
	s->out.frames = s->frames;
	s->out.frames_max = SCENE_FRAMES_MAX;
	return s;
}

static inline void scene_see_stack(struct scene *s, uintptr_t end)
{
	uint64_t sp = s->registers.value[CLINIC_REGISTER_SP];

	s->at.stack_start = sp;
	s->at.stack = (const void *)(uintptr_t)sp;
	s->at.stack_bytes = end - sp;
}

static inline void scene_walk(struct scene *s)
{
	clinic_unwind(&s->unwinder, scene_space, &s->at, &s->out);
}

#define SCENE_RETURN_ADDRESS()                                                 \
	((uint64_t)(uintptr_t)__builtin_return_address(0))

NOINLINE static void scene_innermost(struct scene *s,
				     void (*then)(struct scene *))
{
	s->expected[0] = SCENE_RETURN_ADDRESS() - 1;
	clinic_registers_here(&s->registers);
	scene_see_stack(s, scene_stack_end());
	then(s);
	STAY();
}

NOINLINE static void scene_middle(struct scene *s, void (*then)(struct scene *))
{
	s->expected[1] = SCENE_RETURN_ADDRESS() - 1;
	scene_innermost(s, then);
	STAY();
}

NOINLINE static void scene_play(struct scene *s, void (*then)(struct scene *))
{
	s->expected[2] = SCENE_RETURN_ADDRESS() - 1;
	scene_middle(s, then);
	STAY();
}

static inline void scene_expect_callers(const struct scene *s, size_t from)
{
	assert_true(s->out.frames_count > from + SCENE_NESTING);
	for (size_t i = 0; i < SCENE_NESTING; i++)
		assert_int_equal(s->frames[from + i], s->expected[i]);
}

static inline void scene_expect_end(const struct scene *s,
				    enum clinic_unwind_truth truth,
				    enum clinic_unwind_end end)
{
	assert_string_equal(clinic_unwind_end_name(s->out.end),
			    clinic_unwind_end_name(end));
	assert_int_equal(s->out.truth, truth);
}

/* Copies a live stack, in which sanitizers have red zones. */
__attribute__((no_sanitize("address", "thread"), unused)) NOINLINE static void
scene_copy_words(uint64_t *to, const uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = ((const volatile uint64_t *)from)[i];
}

/* A sanitizer has its own allocator, and runs its own code on new stacks. */
static inline void scene_skip_in_sanitizers(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	print_message("# not with a sanitizer's allocator and stacks\n");
	skip();
#endif
}

static inline int scene_make_space(void **state)
{
	(void)state;
	if (clinic_modules_new(&scene_modules) < 0)
		return -1;
	return clinic_space_read_self(scene_modules, &scene_space);
}

static inline int scene_free_space(void **state)
{
	(void)state;
	clinic_space_free(scene_space);
	clinic_modules_free(scene_modules);
	return 0;
}

#endif
