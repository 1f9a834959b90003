/*
 * formats/perf_script_notes.h - adds notes about an imported text of perf
 * script to the session.
 *
 * The notes say what was left out, what was cut or not understood, and whether
 * the text is complete.
 *
 * Errors     0 or -errno.
 * Read next  perf_script.c, which counts.
 */
#ifndef CLINIC_FORMATS_PERF_SCRIPT_NOTES_H
#define CLINIC_FORMATS_PERF_SCRIPT_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#define CLINIC_PERF_SCRIPT_DEPTH_MAX 4096 /* frames in a stack */

struct clinic_session;
struct clinic_why;

/* What the importer has counted. It owns the names. */
struct clinic_perf_script_tally {
	char *event; /* the imported event; NULL: none so far */
	char *other_event;
	uint64_t other_count;
	uint64_t unread_count;       /* lines that were not understood */
	uint64_t beside_count;       /* other lines between frames */
	uint64_t untimed_count;      /* samples without a time */
	uint64_t idless_count;       /* samples without pid and tid */
	uint64_t cut_count;          /* frames beyond the greatest depth */
	uint64_t unnamed_ends_count; /* whose outermost frame has no name */
	/*
	 * The time of the last sample in the recording, by the header (0:
	 * unknown), and in the text.
	 */
	uint64_t recorded_until_ns, last_ns;
	bool is_cut; /* the text ends inside a line or sample */
};

/* To be called when all samples are in the session. */
int clinic_perf_script_note(struct clinic_session *session,
			    const struct clinic_perf_script_tally *tally);

/* Sets `why` to the reason why no sample was imported; returns -ENODATA. */
int clinic_perf_script_nothing(const struct clinic_perf_script_tally *tally,
			       struct clinic_why *why);

#endif
