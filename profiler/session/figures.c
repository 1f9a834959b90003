/* Computes the shares, with their intervals, and the ratios of reports. */
#include "session/figures.h"

#include <stdlib.h>
#include <string.h>

#include "session/session.h"

struct clinic_share clinic_figure_share(const struct clinic_tally *tally,
					enum clinic_weight weight,
					uint64_t part)
{
	double samples =
		clinic_weight_is_sampled(weight)
			? clinic_share_samples(tally->whole, tally->squares)
			: 0.0;

	return clinic_share_of(part, tally->whole, samples);
}

static double divide(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : -1.0;
}

double clinic_figure_reconciliation(const struct clinic_session *session,
				    const struct clinic_quality_counts *counts)
{
	const struct clinic_quality *quality =
		clinic_session_get_quality(session);

	if (!counts->samples_count)
		return -1.0; /* without a sampler the share is unknown, not 0 */
	return divide(counts->sampled_cpu_ns, quality->accounted_cpu_ns);
}

double clinic_figure_overhead(const struct clinic_session *session)
{
	const struct clinic_quality *quality =
		clinic_session_get_quality(session);

	return quality->collector_cpu_ns ? divide(quality->collector_cpu_ns,
						  quality->accounted_cpu_ns)
					 : -1.0;
}

double clinic_figure_blind(const struct clinic_session *session)
{
	const struct clinic_quality *quality =
		clinic_session_get_quality(session);

	if (quality->kernel_visible || !quality->accounted_cpu_ns)
		return 0.0;
	return divide(quality->accounted_kernel_ns, quality->accounted_cpu_ns);
}

double clinic_figure_symbolised(const uint64_t by_tier[CLINIC_TIERS])
{
	uint64_t named = 0;
	uint64_t all = 0;

	for (unsigned int tier = 0; tier < CLINIC_TIERS; tier++) {
		named += clinic_tier_is_name(tier) ? by_tier[tier] : 0;
		all += by_tier[tier];
	}
	return all ? (double)named / (double)all : 0.0;
}

double clinic_figure_complete(const struct clinic_quality_counts *counts)
{
	return divide(counts->samples_count - counts->truncated_count -
			      counts->guessed_count,
		      counts->samples_count);
}

bool clinic_figure_largest(const struct clinic_session *session,
			   struct clinic_metric *largest)
{
	uint32_t count;
	const struct clinic_metric *row =
		clinic_session_rows(session, CLINIC_METRICS, &count);

	*largest = (struct clinic_metric){0};
	for (uint32_t i = 0; i < count; i++)
		if (row[i].rss_bytes >= largest->rss_bytes)
			*largest = row[i];
	return largest->rss_bytes > 0;
}

static int compare_locks(const void *left, const void *right)
{
	const struct clinic_lock *a = left;
	const struct clinic_lock *b = right;

	if (a->wait_ns != b->wait_ns)
		return a->wait_ns > b->wait_ns ? -1 : 1;
	if (a->acquisitions_count != b->acquisitions_count)
		return a->acquisitions_count > b->acquisitions_count ? -1 : 1;
	return a->stack_id < b->stack_id ? -1 : a->stack_id > b->stack_id;
}

struct clinic_lock *clinic_figure_locks(const struct clinic_session *session,
					uint32_t *count)
{
	const struct clinic_lock *row =
		clinic_session_rows(session, CLINIC_LOCKS, count);
	/* One row more is allocated, so that without locks, too, the result is
	 * NULL only for lack of memory. */
	struct clinic_lock *sorted = calloc(*count + 1ul, sizeof(*sorted));

	if (sorted && *count) {
		memcpy(sorted, row, *count * sizeof(*sorted));
		qsort(sorted, *count, sizeof(*sorted), compare_locks);
	}
	return sorted;
}

static int compare_resident(const void *left, const void *right)
{
	const struct clinic_resident_peak *a = left;
	const struct clinic_resident_peak *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

struct clinic_resident_peak *
clinic_figure_resident(const struct clinic_session *session, uint32_t *count)
{
	const struct clinic_resident_peak *row =
		clinic_session_rows(session, CLINIC_RESIDENT_PEAKS, count);
	struct clinic_resident_peak *sorted =
		calloc(*count + 1ul, sizeof(*sorted));

	if (sorted && *count) {
		memcpy(sorted, row, *count * sizeof(*sorted));
		qsort(sorted, *count, sizeof(*sorted), compare_resident);
	}
	return sorted;
}
