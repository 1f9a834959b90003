/* Finds where stacks end that do not reach the function of their thread. */
#include "collect/stack_findings.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/stack_walker.h"
#include "session/session.h"

/* A share of the stacks from which on it matters where they end. */
#define CUT_RATIO 0.1
/* Places with less are not named. */
#define PLACE_PERCENT_LEAST 1.0

struct subject {
	struct clinic_session *session;
	const struct clinic_walks *walks;
};

/* Where stacks end: in a library of the session, or in code of no file. */
enum { GENERATED, KERNEL, KINDS };
#define PLACES_SHOWN 3

struct places {
	uint64_t samples_count;
	uint32_t count; /* the kinds, and the libraries after them */
	uint64_t *samples_of;
};

static const char *path_of(const struct clinic_session *session, uint32_t id)
{
	uint32_t unused;
	const struct clinic_library *library =
		clinic_session_rows(session, CLINIC_LIBRARIES, &unused);

	return clinic_session_text(session, library[id].path_id);
}

static uint32_t place_of(const struct clinic_session *session,
			 const struct clinic_frame *frame)
{
	const char *path = path_of(session, frame->library_id);

	if (frame->tier == CLINIC_TIER_KERNEL || !strncmp(path, "[kernel", 7))
		return KERNEL;
	if (frame->tier == CLINIC_TIER_JIT || !*path || !strcmp(path, "//anon"))
		return GENERATED;
	return KINDS + frame->library_id;
}

static const char *name_of(const struct clinic_session *session, uint32_t place)
{
	switch (place) {
	case GENERATED:
		return "code that the program generated";
	case KERNEL:
		return "the kernel";
	default:
		return path_of(session, place - KINDS);
	}
}

static uint32_t outermost_frame(const struct clinic_stack *stack, uint32_t id)
{
	while (stack[id].parent_id)
		id = stack[id].parent_id;
	return stack[id].frame_id;
}

/* The caller frees the results, even after an error. */
static int find_cut_stacks(const struct clinic_session *session,
			   struct places *places)
{
	uint32_t samples_count, unused;
	const struct clinic_sample *sample =
		clinic_session_rows(session, CLINIC_SAMPLES, &samples_count);
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &unused);
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &unused);

	clinic_session_rows(session, CLINIC_LIBRARIES, &places->count);
	places->count += KINDS;
	places->samples_of = calloc(places->count, sizeof(*places->samples_of));
	if (!places->samples_of)
		return -ENOMEM;
	for (uint32_t i = 0; i < samples_count; i++) {
		if (!sample[i].stack_id ||
		    !(sample[i].flags & CLINIC_SAMPLE_TRUNCATED))
			continue;
		places->samples_count++;
		places->samples_of[place_of(
			session,
			&frame[outermost_frame(stack, sample[i].stack_id)])]++;
	}
	return 0;
}

/* Returns the place with most samples, and removes it. */
static uint32_t remove_commonest(const struct places *places, uint64_t *samples)
{
	uint32_t most = 0;

	for (uint32_t i = 1; i < places->count; i++)
		if (places->samples_of[i] > places->samples_of[most])
			most = i;
	*samples = places->samples_of[most];
	places->samples_of[most] = 0;
	return most;
}

static const char *explain_end(const struct subject *subject,
			       enum clinic_unwind_end end, char *room,
			       size_t room_bytes)
{
	switch (end) {
	case CLINIC_END_STACK_SHORT:
		snprintf(room, room_bytes,
			 " (only %zu KiB of a stack are copied)",
			 subject->walks->stack_bytes / 1024);
		return room;
	case CLINIC_END_NO_TABLE:
		return " (code without unwind tables or frame pointers)";
	case CLINIC_END_NO_MAPPING:
		return " (a value on the stack is not a return address)";
	default:
		return "";
	}
}

static enum clinic_unwind_end commonest_end(const struct subject *subject)
{
	const uint64_t *ends_count = subject->walks->counts->ends_count;
	enum clinic_unwind_end most = CLINIC_END_OUTERMOST + 1;

	for (unsigned end = most; end < CLINIC_ENDS; end++)
		if (ends_count[end] > ends_count[most])
			most = (enum clinic_unwind_end)end;
	return most;
}

static double percent(uint64_t part, uint64_t whole)
{
	return 100.0 * (double)part / (double)whole;
}

static bool is_much(const struct subject *subject, uint64_t stacks_count)
{
	return (double)stacks_count >
	       CUT_RATIO * (double)subject->walks->samples_count;
}

/* ": 36.0 % of all stacks end in node, ..." */
static void list_places(const struct subject *subject,
			const struct places *places, char *text, size_t room)
{
	size_t used = 0;
	uint64_t samples;

	*text = '\0';
	for (int i = 0; i < PLACES_SHOWN; i++) {
		uint32_t place = remove_commonest(places, &samples);
		double share = percent(samples, subject->walks->samples_count);

		if (share < PLACE_PERCENT_LEAST || used >= room)
			break;
		used += (size_t)snprintf(text + used, room - used,
					 "%s%.1f %%%s in %s", i ? ", " : ": ",
					 share, i ? "" : " of all stacks end",
					 name_of(subject->session, place));
	}
}

static int note_cut(const struct subject *subject, const struct places *places)
{
	const struct clinic_walks *walks = subject->walks;
	enum clinic_unwind_end end = commonest_end(subject);
	char text[PLACES_SHOWN * PATH_MAX + 300], room[100];
	size_t used = (size_t)snprintf(
		text, sizeof(text),
		"%.1f %% of stacks do not reach the function in which their "
		"thread began, most of them because of %s%s",
		percent(walks->counts->truths_count[CLINIC_UNWIND_TRUNCATED],
			walks->samples_count),
		clinic_unwind_end_name(end),
		explain_end(subject, end, room, sizeof(room)));

	list_places(subject, places, text + used, sizeof(text) - used);
	return clinic_session_add_note(subject->session, 0, text);
}

static bool has_generated_code(const struct clinic_session *session,
			       uint32_t stack_id)
{
	uint32_t unused;
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &unused);
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &unused);

	for (; stack_id; stack_id = stack[stack_id].parent_id)
		if (place_of(session, &frame[stack[stack_id].frame_id]) ==
		    GENERATED)
			return true;
	return false;
}

static uint64_t count_generated(const struct clinic_session *session)
{
	uint32_t count;
	const struct clinic_sample *sample =
		clinic_session_rows(session, CLINIC_SAMPLES, &count);
	uint64_t generated_count = 0;

	for (uint32_t i = 0; i < count; i++)
		generated_count +=
			sample[i].flags & CLINIC_SAMPLE_GUESSED &&
			has_generated_code(session, sample[i].stack_id);
	return generated_count;
}

static int note_guessed(const struct subject *subject)
{
	const struct clinic_walks *walks = subject->walks;
	uint64_t guessed = walks->counts->truths_count[CLINIC_UNWIND_GUESSED];
	char text[400], where[100] = "";
	uint64_t generated;

	if (!is_much(subject, guessed))
		return 0;
	generated = count_generated(subject->session);
	if (generated)
		snprintf(where, sizeof(where),
			 " (%.1f %% of all stacks through code that the "
			 "program generated)",
			 percent(generated, walks->samples_count));
	snprintf(text, sizeof(text),
		 "%.1f %% of stacks contain code without unwind tables%s, and "
		 "follow its frame pointers there, so that a caller may be "
		 "missing; %.1f %% of these reach the function in which their "
		 "thread began",
		 percent(guessed, walks->samples_count), where,
		 percent(walks->counts->guessed_outermost_count, guessed));
	return clinic_session_add_note(subject->session, 0, text);
}

int clinic_stack_findings_note(struct clinic_session *session,
			       const struct clinic_walks *walks)
{
	const struct subject subject = {session, walks};
	struct places places = {0};
	int err = find_cut_stacks(session, &places);

	if (!err && is_much(&subject, places.samples_count))
		err = note_cut(&subject, &places);
	free(places.samples_of);
	return err ? err : note_guessed(&subject);
}
