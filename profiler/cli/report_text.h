/*
 * cli/report_text.h - the parts of what `clinic report` prints for people.
 *
 * A part whose instrument did not run prints nothing. 0 or -errno.
 */
#ifndef CLINIC_CLI_REPORT_TEXT_H
#define CLINIC_CLI_REPORT_TEXT_H

struct clinic_report;

/* What was allocated: by stage, by call site. */
int clinic_report_text_memory(const struct clinic_report *report);
/* Times off the CPU: by thread, by where. */
int clinic_report_text_off_cpu(const struct clinic_report *report);
int clinic_report_text_locks(const struct clinic_report *report);
/* What each process had resident at most. */
int clinic_report_text_resident(const struct clinic_report *report);

#endif
