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

/* Prints the name of a row, shortened if the report has short names. */
void clinic_print_name(FILE *out, const struct clinic_report *report,
		       enum clinic_group group,
		       const struct clinic_tally_row *row);
/* Prints "  FILE:LINE  (LIBRARY)" of a frame, as far as it is known. */
void clinic_print_place(FILE *out, const struct clinic_report *report,
			uint32_t frame_id);
/* Prints the innermost function of a stack, and its place. */
void clinic_print_innermost(const struct clinic_report *report,
			    uint32_t stack_id);
/*
 * Prints the innermost functions of a stack, without those of the kernel, up to
 * four: "read < fill < main". After the innermost one only the program's own
 * functions are printed, unless sites are raw.
 */
void clinic_print_frames(const struct clinic_report *report, uint32_t stack_id);

#endif
