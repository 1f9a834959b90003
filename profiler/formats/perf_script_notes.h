/*
 * formats/perf_script_notes.h - what an import of perf's text says of itself:
 * what was left out, cut, or made no sense, and whether the text is all of it.
 *
 * Errors     0 or -errno.
 * Read next  perf_script.c, which counts.
 */
#ifndef CLINIC_FORMATS_PERF_SCRIPT_NOTES_H
#define CLINIC_FORMATS_PERF_SCRIPT_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#define CLINIC_PERF_SCRIPT_DEPTH_MAX 4096 /* frames of a stack */

struct clinic_session;
struct clinic_why;

/* The names are the importer's. */
struct clinic_perf_script_tally {
	char *event; /* the one taken; NULL: none seen yet */
	char *other_event;
	uint64_t other_count;
	uint64_t unread_count;       /* lines that made no sense */
	uint64_t beside_count;       /* other lines between frames */
	uint64_t untimed_count;      /* samples without a time, ... */
	uint64_t idless_count;       /* ... or without a thread's number */
	uint64_t cut_count;          /* frames past the depth */
	uint64_t unnamed_ends_count; /* stacks whose last frame has no name */
	/* How far the recording went by its header (0: it has none), and how
	 * far the text does. */
	uint64_t recorded_until_ns, last_ns;
	bool is_cut; /* in the middle of a line or sample */
};

/* Into the session's notes, whose samples are all there. */
int clinic_perf_script_note(struct clinic_session *session,
			    const struct clinic_perf_script_tally *tally);

/* -ENODATA, and why no sample was taken. */
int clinic_perf_script_nothing(const struct clinic_perf_script_tally *tally,
			       struct clinic_why *why);

#endif
