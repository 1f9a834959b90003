/*
 * cli/report_frame_text.h - how `clinic report` prints a frame for people.
 *
 * Read next  report_text.h, the parts that print frames.
 */
#ifndef CLINIC_CLI_REPORT_FRAME_TEXT_H
#define CLINIC_CLI_REPORT_FRAME_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "session/tally.h"

struct clinic_report;

/* The name of a row, as short as is asked for, safe for a terminal. */
void clinic_print_name(FILE *out, const struct clinic_report *report,
		       enum clinic_group group,
		       const struct clinic_tally_row *row);
/* "  FILE:LINE  (LIBRARY)" of a frame, as far as known. */
void clinic_print_place(FILE *out, const struct clinic_report *report,
			uint32_t frame_id);
/* The innermost function of a stack, and its place. */
void clinic_print_innermost(const struct clinic_report *report,
			    uint32_t stack_id);
/*
 * The functions of a stack that are next to the kernel, innermost first, as far
 * as they tell one stack from another: "read < fill < main". Behind the
 * innermost stand those that are the program's own, unless sites are raw.
 */
void clinic_print_frames(const struct clinic_report *report, uint32_t stack_id);

#endif
