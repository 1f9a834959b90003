/* Prints `clinic report` for people: quality first, then the tables. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/report.h"
#include "cli/report_row_label.h"
#include "cli/report_text.h"
#include "foundation/terminal_text.h"
#include "session/figures.h"
#include "session/session.h"

static void print_duration(const struct clinic_session *session)
{
	const struct clinic_session_metadata *metadata =
		clinic_session_get_metadata(session);

	printf("%.3f s", (double)clinic_session_duration_ns(session) / 1e9);
	if (metadata->runs_ns)
		printf(" in %" PRIu32 " runs, within %.3f s",
		       metadata->runs_count,
		       (double)(metadata->ended_ns - metadata->started_ns) /
			       1e9);
}

static void print_exit(const struct clinic_session_metadata *metadata)
{
	if (metadata->exit_code)
		printf(", exit code %" PRIu32 "%s", metadata->exit_code,
		       metadata->runs_count ? " (the first that is not 0)"
					    : "");
	else if (metadata->exit_unknown)
		printf(", exit code not known%s",
		       metadata->runs_count ? " of all runs" : "");
	else
		printf(", exit code 0");
	printf("\n");
}

static void print_head(const struct clinic_report *report)
{
	const struct clinic_session *session = report->session;
	const struct clinic_session_metadata *metadata =
		clinic_session_get_metadata(session);
	const char *command =
		clinic_session_text(session, metadata->command_id);
	const char *host = clinic_session_text(session, metadata->host_id);

	printf("%s\n", clinic_terminal_text(*command ? command : report->path));
	print_duration(session);
	if (*host)
		printf(" on %s", clinic_terminal_text(host));
	print_exit(metadata);
}

static void print_sampling(const struct clinic_report *report)
{
	const struct clinic_session *session = report->session;
	const struct clinic_session_metadata *metadata =
		clinic_session_metadata(report->session);

	printf("%" PRIu64 " samples", report->counts.samples_count);
	if (metadata->event_id)
		printf(" of %s by %s",
		       clinic_terminal_text(clinic_session_text(
			       session, metadata->event_id)),
		       clinic_terminal_text(clinic_session_text(
			       session, metadata->backend_id)));
	if (metadata->frequency_hz)
		printf(" at %" PRIu64 " Hz", metadata->frequency_hz);
	printf("\n");
}

static void print_ratio(const char *label, double ratio)
{
	if (ratio < 0.0)
		printf("%s unknown", label);
	else
		printf("%s %.3f", label, ratio);
}

static void print_tiers(const uint64_t by_tier[CLINIC_TIERS], uint64_t all)
{
	const char *separator = " (";

	for (unsigned int tier = 0; tier < CLINIC_TIERS; tier++) {
		if (!by_tier[tier])
			continue;
		printf("%s%s %.1f %%", separator, clinic_tier_name(tier),
		       100.0 * (double)by_tier[tier] / (double)all);
		separator = ", ";
	}
	printf("%s", *separator == ',' ? ")" : "");
}

static void print_quality(const struct clinic_report *report)
{
	const struct clinic_quality_counts *counts = &report->counts;
	const struct clinic_quality *quality =
		clinic_session_quality(report->session);
	uint64_t bad = counts->truncated_count + counts->guessed_count;

	if (!counts->samples_count)
		return;
	print_sampling(report);
	printf("named %.1f %% of samples",
	       100.0 * clinic_figure_symbolised(counts->leaves));
	print_tiers(counts->leaves, counts->samples_count);
	printf("\ncomplete stacks %.1f %% (%" PRIu64 " truncated, %" PRIu64
	       " guessed), lost %" PRIu64 ", throttled %" PRIu64 "\n",
	       100.0 - 100.0 * (double)bad / (double)counts->samples_count,
	       counts->truncated_count, counts->guessed_count,
	       quality->lost_count, quality->throttled_count);
	if (counts->alternate_stack_count)
		printf("%" PRIu64 " stacks are cut or guessed where the "
		       "alternate stack of a signal handler ends\n",
		       counts->alternate_stack_count);
	print_ratio(
		"CPU time sampled / accounted by the kernel",
		clinic_figure_reconciliation(report->session, &report->counts));
	print_ratio(", collector / target CPU",
		    clinic_figure_overhead(report->session));
	if (quality->collector_peak_rss_bytes)
		printf(", collector at most %.1f MiB",
		       (double)quality->collector_peak_rss_bytes / 1048576.0);
	printf("\n");
}

static void print_instrument(const struct clinic_report *report)
{
	double ms = (double)report->instrument_cpu_ns / 1e6;
	uint64_t all_ns = report->counts.sampled_cpu_ns;

	if (!report->instrument_cpu_ns)
		return;
	if (report->is_instrument_left_out)
		printf("left out: %.1f ms of CPU time that the instrument "
		       "itself used\n",
		       ms);
	else
		printf("the instrument itself used %.1f ms of the sampled CPU "
		       "time (%.1f %%), marked [instrument]; "
		       "--without-instrument leaves it out\n",
		       ms,
		       100.0 * (double)report->instrument_cpu_ns /
			       (double)all_ns);
}

/* Prints the metrics of the process with the largest resident size. */
static void print_metrics(const struct clinic_report *report)
{
	struct clinic_metric most;

	if (clinic_figure_largest(report->session, &most))
		printf("largest resident size of a process %.1f MiB, at that "
		       "moment with %" PRIu32 " thread%s, %" PRIu64
		       " minor and %" PRIu64 " major page faults\n",
		       (double)most.rss_bytes / 1048576.0, most.threads_count,
		       most.threads_count == 1 ? "" : "s",
		       most.minor_faults_count, most.major_faults_count);
}

/* Prints the notes of the instruments: errors, and facts worth knowing. */
static void print_notes(const struct clinic_report *report)
{
	uint32_t count;
	const struct clinic_note *note =
		clinic_session_rows(report->session, CLINIC_NOTES, &count);

	for (uint32_t i = 0; i < count; i++) {
		printf("%s: %s", note[i].is_warning ? "warning" : "note",
		       clinic_terminal_text(clinic_session_text(
			       report->session, note[i].text_id)));
		if (note[i].repeats_count)
			printf(" (%" PRIu64 " times)",
			       1 + (uint64_t)note[i].repeats_count);
		printf("\n");
	}
}

static void print_refusals(const struct clinic_report *report)
{
	uint32_t count;
	const struct clinic_refusal *refusal =
		clinic_session_rows(report->session, CLINIC_REFUSALS, &count);

	for (uint32_t i = 0; i < count; i++)
		printf("refused: %s (%s): %s\n",
		       clinic_terminal_text(clinic_session_text(
			       report->session, refusal[i].backend_id)),
		       strerror((int)refusal[i].errno_number),
		       clinic_terminal_text(clinic_session_text(
			       report->session, refusal[i].text_id)));
}

static void print_share(const struct clinic_report *report,
			const struct clinic_tally *tally, uint64_t part)
{
	struct clinic_share share =
		clinic_figure_share(tally, report->weight, part);

	printf("%6.2f ", 100.0 * share.ratio);
	if (clinic_weight_is_sampled(report->weight))
		printf("[%5.2f,%6.2f] ", 100.0 * share.low, 100.0 * share.high);
}

static void print_row(const struct clinic_report *report,
		      const struct clinic_tally *tally,
		      const struct clinic_tally_row *row)
{
	if (!report->callers)
		print_share(report, tally, row->self);
	print_share(report, tally, row->total);
	if (clinic_weight_is_sampled(report->weight))
		printf("%8" PRIu64 " ", report->callers
						? row->total_samples_count
						: row->self_samples_count);
	printf(" ");
}

/* The columns are as wide as those of print_share() and print_row(). */
static void print_columns(const struct clinic_report *report)
{
	bool has_self = !report->callers;

	if (clinic_weight_is_sampled(report->weight))
		printf("%s%-22s%8s  ", has_self ? "self % [95 % inter.]  " : "",
		       "total % [95 % int.]", "samples");
	else
		printf("%s%-7s ", has_self ? "self % " : "", "total %");
}

static void print_tally_head(const struct clinic_report *report,
			     enum clinic_group group)
{
	printf("\n%s by %s", clinic_weight_name(report->weight),
	       clinic_group_name(group));
	if (report->callers)
		printf(": the callers of %s, in shares of its total",
		       clinic_terminal_text(report->callers));
	printf("\n");
	print_columns(report);
	printf("%s\n", clinic_group_name(group));
}

static int print_tally(const struct clinic_report *report,
		       enum clinic_group group)
{
	struct clinic_row_labels labels;
	struct clinic_tally tally;
	int error = report->callers
			    ? clinic_tally_callers(report->session,
						   report->callers,
						   report->weight, &tally)
			    : clinic_tally_make(report->session, group,
						report->weight, &tally);
	uint32_t shown;

	if (error)
		return error;
	if (report->callers && !tally.count) {
		clinic_tally_free(&tally);
		return -ENOENT;
	}
	shown = clinic_report_rows(report, tally.count);
	print_tally_head(report, group);
	if (!tally.count)
		printf("none\n");
	error = clinic_row_labels_make(report, group, &tally, shown, &labels);
	for (uint32_t i = 0; !error && i < shown; i++) {
		print_row(report, &tally, &tally.row[i]);
		printf("%s\n", labels.text[i]);
	}
	if (shown < tally.count)
		printf("... and %" PRIu32 " more; --top %" PRIu32
		       " shows them\n",
		       tally.count - shown, tally.count);
	clinic_row_labels_free(&labels);
	clinic_tally_free(&tally);
	return error;
}

uint32_t clinic_report_rows(const struct clinic_report *report, uint32_t count)
{
	return report->top && report->top < count ? (uint32_t)report->top
						  : count;
}

int clinic_report_text(const struct clinic_report *report)
{
	int error = 0;

	print_head(report);
	print_quality(report);
	print_instrument(report);
	print_metrics(report);
	print_notes(report);
	print_refusals(report);
	if (clinic_weight_rows(report->session, report->weight))
		error = print_tally(report, report->group);
	if (error || report->callers)
		return error;
	error = clinic_report_text_memory(report);
	if (!error)
		error = clinic_report_text_resident(report);
	if (!error)
		error = clinic_report_text_off_cpu(report);
	return error ? error : clinic_report_text_locks(report);
}
