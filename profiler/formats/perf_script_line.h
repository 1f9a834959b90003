/*
 * formats/perf_script_line.h - parses the two kinds of lines in the text of
 * perf script.
 *
 *	my prog 12894/12895 [001]  1340.434060:    1001001 cpu-clock:
 *	            7f12 symbol+0x10 (/usr/lib/x.so)
 *	            7f12 symbol (inlined)
 *
 * Ownership  spans point into the line.
 * Errors     false: the line is of another kind.
 */
#ifndef CLINIC_FORMATS_PERF_SCRIPT_LINE_H
#define CLINIC_FORMATS_PERF_SCRIPT_LINE_H

#include "foundation/text_span.h"

/*
 * The line of a sample. Any field may be missing (perf script -F); but if there
 * is no time, the line must have a thread and an event, because otherwise any
 * text would be accepted.
 */
struct clinic_perf_sample_line {
	struct clinic_span comm;
	struct clinic_span event;  /* empty: missing, or a record */
	struct clinic_span record; /* "PERF_RECORD_LOST lost 12" */
	struct clinic_span rest;   /* a frame on the same line */
	uint64_t time_ns;
	uint64_t period; /* 0: missing */
	uint32_t pid;    /* 0: missing; likewise tid */
	uint32_t tid;
	uint16_t cpu;
	bool has_time, has_ids;
};

/* The line of a frame. */
struct clinic_perf_frame_line {
	uint64_t address;
	struct clinic_span symbol; /* empty: [unknown] */
	struct clinic_span dso;    /* empty: [unknown], or inlined */
	bool is_inlined;
	bool is_kernel;
};

bool clinic_perf_sample_line_parse(struct clinic_span line,
				   struct clinic_perf_sample_line *sample);
bool clinic_perf_frame_line_parse(struct clinic_span line,
				  struct clinic_perf_frame_line *frame);

#endif
