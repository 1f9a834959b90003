/*
 * session/session_scene.h - sessions for tests, built from a few words.
 *
 * A stack is written as "main>parse>malloc@/lib/libc.so.6": the outermost frame
 * first, each with the library behind its @, or without one.
 *
 * Errors     a failure is one of the test.
 */
#ifndef CLINIC_SESSION_SCENE_H
#define CLINIC_SESSION_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "session/session.h"

static inline struct clinic_session *scene_new(void)
{
	struct clinic_session *s;

	assert_int_equal(clinic_session_new(&s), 0);
	return s;
}

static inline uint32_t scene_text(struct clinic_session *s, const char *text)
{
	uint32_t id;

	assert_int_equal(clinic_session_text_id(s, text, &id), 0);
	return id;
}

static inline uint32_t scene_frame(struct clinic_session *s,
				   const char *function, const char *library,
				   const char *file)
{
	struct clinic_frame frame = {.tier = CLINIC_TIER_SYMTAB};
	uint32_t id;

	frame.function_id = scene_text(s, function);
	frame.file_id = scene_text(s, file);
	if (*library)
		assert_int_equal(clinic_session_library_id(s, library, NULL,
							   &frame.library_id),
				 0);
	assert_int_equal(clinic_session_frame_id(s, &frame, &id), 0);
	return id;
}

/* One frame more on top of a stack: "function" or "function@library". */
static inline uint32_t scene_push(struct clinic_session *s, uint32_t parent,
				  const char *word, size_t length)
{
	char text[256] = "";
	char *library;
	uint32_t id;

	assert_true(length < sizeof(text));
	memcpy(text, word, length);
	library = strchr(text, '@');
	if (library)
		*library++ = '\0';
	assert_int_equal(
		clinic_session_stack_id(
			s, parent,
			scene_frame(s, text, library ? library : "", ""), &id),
		0);
	return id;
}

static inline uint32_t scene_stack(struct clinic_session *s, const char *words)
{
	uint32_t stack = CLINIC_STACK_ROOT;

	while (*words) {
		size_t length = strcspn(words, ">");

		stack = scene_push(s, stack, words, length);
		words += length + (words[length] == '>');
	}
	return stack;
}

static inline uint32_t scene_thread(struct clinic_session *s, uint32_t pid,
				    uint32_t tid, const char *name)
{
	uint32_t id;

	assert_int_equal(clinic_session_thread_id(s, pid, tid, name, &id), 0);
	return id;
}

static inline void scene_add(struct clinic_session *s, enum clinic_table table,
			     const void *row)
{
	assert_int_equal(clinic_session_add(s, table, row), 0);
}

static inline void scene_cpu(struct clinic_session *s, uint32_t stack,
			     uint64_t weight_ns)
{
	struct clinic_sample sample = {.stack_id = stack,
				       .weight_ns = weight_ns};

	scene_add(s, CLINIC_SAMPLES, &sample);
}

static inline uint32_t scene_count(const struct clinic_session *s,
				   enum clinic_table table)
{
	uint32_t count;

	clinic_session_rows(s, table, &count);
	return count;
}

#endif
