/* Where stacks end that did not reach where their thread began. */
#include "collect/stack_findings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/stack_walker.h"
#include "session/session.h"

/* A share of the stacks from which on it matters where they end. */
#define CUT_RATIO 0.1

struct subject {
	struct clinic_session *session;
	const struct clinic_walks *walks;
};

struct cut_stacks {
	uint64_t samples_count; /* whose stacks are cut */
	uint64_t most_count;    /* of them, in the library that has most */
	uint32_t library_id;    /* of their outermost frames */
};

static uint32_t outermost_frame(const struct clinic_stack *stack, uint32_t id)
{
	while (stack[id].parent_id)
		id = stack[id].parent_id;
	return stack[id].frame_id;
}

static void count(struct cut_stacks *cut, uint64_t *of_library,
		  uint32_t library_id)
{
	cut->samples_count++;
	if (++of_library[library_id] <= cut->most_count)
		return;
	cut->most_count = of_library[library_id];
	cut->library_id = library_id;
}

static int find_cut_stacks(const struct clinic_session *session,
			   struct cut_stacks *cut)
{
	uint32_t samples_count, libraries_count, unused;
	const struct clinic_sample *sample =
		clinic_session_rows(session, CLINIC_SAMPLES, &samples_count);
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &unused);
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &unused);
	uint64_t *of_library;

	clinic_session_rows(session, CLINIC_LIBRARIES, &libraries_count);
	*cut = (struct cut_stacks){0};
	of_library = calloc(libraries_count, sizeof(*of_library));
	if (!of_library)
		return -ENOMEM;
	for (uint32_t i = 0; i < samples_count; i++)
		if (sample[i].stack_id &&
		    sample[i].flags & CLINIC_SAMPLE_TRUNCATED)
			count(cut, of_library,
			      frame[outermost_frame(stack, sample[i].stack_id)]
				      .library_id);
	free(of_library);
	return 0;
}

static const char *explain_end(const struct subject *subject,
			       enum clinic_unwind_end end, char *room,
			       size_t room_bytes)
{
	switch (end) {
	case CLINIC_END_STACK_SHORT:
		snprintf(room, room_bytes,
			 " (it is deeper than the %zu KiB of it that are "
			 "copied)",
			 subject->walks->stack_bytes / 1024);
		return room;
	case CLINIC_END_NO_TABLE:
		return " (code without unwind tables or frame pointers)";
	case CLINIC_END_NO_MAPPING:
		return " (what should be a return address is none)";
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

static int note_cut(const struct subject *subject, const struct cut_stacks *cut)
{
	const struct clinic_walks *walks = subject->walks;
	enum clinic_unwind_end end = commonest_end(subject);
	uint32_t unused;
	const struct clinic_library *library = clinic_session_rows(
		subject->session, CLINIC_LIBRARIES, &unused);
	char text[PATH_MAX + 300], room[100];

	snprintf(text, sizeof(text),
		 "%.1f %% of stacks are cut before where their thread began, "
		 "most of them by %s%s, and %.1f %% of these in %s",
		 percent(walks->counts->truths_count[CLINIC_UNWIND_TRUNCATED],
			 walks->samples_count),
		 clinic_unwind_end_name(end),
		 explain_end(subject, end, room, sizeof(room)),
		 percent(cut->most_count, cut->samples_count),
		 clinic_session_text(subject->session,
				     library[cut->library_id].path_id));
	return clinic_session_add_note(subject->session, 0, text);
}

static int note_guessed(const struct subject *subject)
{
	const struct clinic_walks *walks = subject->walks;
	uint64_t guessed = walks->counts->truths_count[CLINIC_UNWIND_GUESSED];
	char text[300];

	if (!is_much(subject, guessed))
		return 0;
	snprintf(text, sizeof(text),
		 "%.1f %% of stacks go through code without unwind tables, "
		 "followed by its frame pointers, so that a caller may be "
		 "missing; %.1f %% of these come to where their thread began",
		 percent(guessed, walks->samples_count),
		 percent(walks->counts->guessed_outermost_count, guessed));
	return clinic_session_add_note(subject->session, 0, text);
}

int clinic_stack_findings_note(struct clinic_session *session,
			       const struct clinic_walks *walks)
{
	const struct subject subject = {session, walks};
	struct cut_stacks cut;
	int err = find_cut_stacks(session, &cut);

	if (!err && is_much(&subject, cut.samples_count))
		err = note_cut(&subject, &cut);
	return err ? err : note_guessed(&subject);
}
