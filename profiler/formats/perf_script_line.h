/*
 * formats/perf_script_line.h - the two kinds of line in perf script's text.
 *
 * Spans point into the line that was given.
 */
#ifndef CLINIC_FORMATS_PERF_SCRIPT_LINE_H
#define CLINIC_FORMATS_PERF_SCRIPT_LINE_H

#include "foundation/text_span.h"

/*
 * "my prog 12894/12895 [001]  1340.434060:    1001001 cpu-clock: ", of which
 * -F may have left out anything: but without a time there is a thread's number
 * and an event, else it could be any text.
 */
struct clinic_perf_sample_line {
	struct clinic_span comm;
	struct clinic_span event;  /* empty: not printed, or a record */
	struct clinic_span record; /* "PERF_RECORD_LOST lost 12", or empty */
	struct clinic_span rest;   /* a frame on the same line, or empty */
	uint64_t time_ns;
	uint64_t period; /* 0: not printed */
	uint32_t pid;    /* 0, like tid: not printed */
	uint32_t tid;
	uint16_t cpu;
	bool has_time, has_ids;
};

/* "    7f12 symbol+0x10 (/usr/lib/x.so)" or "    7f12 symbol (inlined)" */
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
