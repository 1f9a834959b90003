/*
 * cli/report_text.h - the parts of what `clinic report` prints for people.
 *
 * Each function prints one part, or nothing if its instrument did not run, and
 * returns 0 or -errno.
 */
#ifndef CLINIC_CLI_REPORT_TEXT_H
#define CLINIC_CLI_REPORT_TEXT_H

struct clinic_report;

/* Prints allocations, by stage and by call site. */
int clinic_report_text_memory(const struct clinic_report *report);
/* Prints times off the CPU, by thread and by stack. */
int clinic_report_text_off_cpu(const struct clinic_report *report);
int clinic_report_text_locks(const struct clinic_report *report);
/* Prints the largest resident size of each process. */
int clinic_report_text_resident(const struct clinic_report *report);

#endif
