/*
 * cli/record_summary.h - prints the summary of `clinic record` on stderr.
 *
 * It says how much was measured, how far that can be trusted, and what the
 * instruments have noted.
 */
#ifndef CLINIC_CLI_RECORD_SUMMARY_H
#define CLINIC_CLI_RECORD_SUMMARY_H

struct clinic_recording_outcome;
struct clinic_recording_plan;
struct clinic_session;

void clinic_record_summary(const struct clinic_recording_plan *plan,
			   struct clinic_session *session,
			   const struct clinic_recording_outcome *outcome);

#endif
