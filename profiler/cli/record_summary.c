/* Prints the summary at the end of `clinic record`. */
#include "cli/record_summary.h"

#include <inttypes.h>
#include <stdio.h>

#include "collect/recording.h"
#include "foundation/terminal_text.h"
#include "session/figures.h"
#include "session/quality.h"
#include "session/session.h"

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_names(const struct clinic_session *session)
{
	struct clinic_quality_counts counts;

	if (clinic_quality_count(session, &counts))
		return;
	fprintf(stderr, "clinic record: %.1f %% of samples named",
		100.0 * clinic_figure_symbolised(counts.leaves));
	for (unsigned int tier = 0; tier < CLINIC_TIERS; tier++)
		if (clinic_tier_is_name(tier) && counts.leaves[tier])
			fprintf(stderr, ", %s %.1f %%", clinic_tier_name(tier),
				percent(counts.leaves[tier],
					counts.samples_count));
	fputc('\n', stderr);
}

/* Prints why walks did not reach the outermost frame, if any did not. */
static void print_ends(const struct clinic_recorder_counts *counts)
{
	const char *before = " (ended by ";

	for (int end = CLINIC_END_OUTERMOST + 1; end < CLINIC_ENDS; end++) {
		if (!counts->walks.ends_count[end])
			continue;
		fprintf(stderr, "%s%s: %" PRIu64, before,
			clinic_unwind_end_name((enum clinic_unwind_end)end),
			counts->walks.ends_count[end]);
		before = ", ";
	}
	fputs(*before == ',' ? ")\n" : "\n", stderr);
}

static void print_stacks(const struct clinic_recorder_counts *counts)
{
	uint64_t complete = counts->walks.truths_count[CLINIC_UNWIND_COMPLETE];
	uint64_t truncated =
		counts->walks.truths_count[CLINIC_UNWIND_TRUNCATED];
	uint64_t guessed = counts->walks.truths_count[CLINIC_UNWIND_GUESSED];
	uint64_t all = complete + truncated + guessed;

	fprintf(stderr,
		"clinic record: stacks %.1f %% complete, %" PRIu64
		" truncated, %" PRIu64 " guessed",
		percent(complete, all), truncated, guessed);
	print_ends(counts);
}

static void print_notes(const struct clinic_session *session)
{
	uint32_t count;
	const struct clinic_note *notes =
		clinic_session_rows(session, CLINIC_NOTES, &count);

	for (uint32_t i = 0; i < count; i++) {
		fprintf(stderr, "clinic record: %s%s",
			notes[i].is_warning ? "warning: " : "",
			clinic_terminal_text(clinic_session_text(
				session, notes[i].text_id)));
		if (notes[i].repeats_count)
			fprintf(stderr, " (%" PRIu64 " times)",
				1 + (uint64_t)notes[i].repeats_count);
		fputc('\n', stderr);
	}
}

static void print_allocations(struct clinic_session *session)
{
	const struct clinic_quality *quality = clinic_session_quality(session);
	uint64_t allocations = 0, bytes = 0, leaked = 0;
	uint32_t count;
	const struct clinic_allocation *rows =
		clinic_session_rows(session, CLINIC_ALLOCATIONS, &count);

	for (uint32_t i = 0; i < count; i++) {
		allocations += rows[i].allocations_count;
		bytes += rows[i].bytes;
		leaked += rows[i].leaked_count;
	}
	if (quality->allocations_observed) {
		fprintf(stderr,
			"clinic record: %" PRIu64 " allocations, %" PRIu64
			" bytes, %" PRIu64 " bytes at the peak",
			allocations, bytes, quality->peak_bytes);
		if (quality->peak_margin_bytes)
			fprintf(stderr,
				" (to within %" PRIu64
				" bytes, because threads add their live bytes "
				"in portions of 4 KiB)",
				quality->peak_margin_bytes);
		fprintf(stderr, ", %" PRIu64 " not freed\n", leaked);
	}
	if (quality->lost_allocations_count)
		fprintf(stderr,
			"clinic record: %" PRIu64 " allocations have no call "
			"stack, because there was no room for it\n",
			quality->lost_allocations_count);
}

static void print_samples(struct clinic_session *session,
			  const struct clinic_recording_outcome *outcome)
{
	const struct clinic_quality *quality = clinic_session_quality(session);
	const struct clinic_recorder_counts *counts = &outcome->counts;

	fprintf(stderr,
		"clinic record: %" PRIu64 " samples (%s, %s%s), %" PRIu64
		" lost, %" PRIu64 " throttled\n",
		counts->samples_count, outcome->source.backend,
		outcome->source.event,
		outcome->source.kernel_visible ? "" : ", user mode only",
		counts->lost_count, counts->throttled_count);
	if (counts->samples_count) {
		print_stacks(counts);
		print_names(session);
	}
	fprintf(stderr,
		"clinic record: samples stand for %.2f s, the kernel counted "
		"%.2f s of CPU time (%.1f %%); watching took %.3f s\n",
		(double)counts->weight_ns / 1e9,
		(double)quality->accounted_cpu_ns / 1e9,
		percent(counts->weight_ns, quality->accounted_cpu_ns),
		(double)quality->collector_cpu_ns / 1e9);
}

static void print_waits(const struct clinic_session *session,
			const struct clinic_recorder_counts *counts)
{
	uint64_t blocked_ns = 0, moved_ns = 0;
	uint32_t count;
	const struct clinic_sample *wait =
		clinic_session_rows(session, CLINIC_WAITS, &count);

	for (uint32_t i = 0; i < count; i++)
		*(wait[i].flags & CLINIC_SAMPLE_PREEMPTED
			  ? &moved_ns
			  : &blocked_ns) += wait[i].weight_ns;
	fprintf(stderr,
		"clinic record: threads were off the CPU %" PRIu64
		" times, %.3f s blocked and %.3f s ready to run; %" PRIu64
		" of these waits have approximate stacks\n",
		counts->waits_count, (double)blocked_ns / 1e9,
		(double)moved_ns / 1e9, counts->approximate_count);
}

void clinic_record_summary(const struct clinic_recording_plan *plan,
			   struct clinic_session *session,
			   const struct clinic_recording_outcome *outcome)
{
	if (plan->backend != CLINIC_BACKEND_NONE)
		print_samples(session, outcome);
	if (outcome->source.off_cpu != CLINIC_OFF_CPU_UNSEEN)
		print_waits(session, &outcome->counts);
	if (plan->alloc)
		print_allocations(session);
	print_notes(session);
}
