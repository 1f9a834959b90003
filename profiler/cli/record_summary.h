/*
 * cli/record_summary.h - the last lines of `clinic record`, on stderr.
 *
 * How much was measured, how far it can be trusted, and what was noted.
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
