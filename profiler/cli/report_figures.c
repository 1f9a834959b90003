/* The divisions of a report: shares, with their intervals, and ratios. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "session/session.h"

uint32_t clinic_report_rows(const struct clinic_report *report, uint32_t count)
{
	return report->top && report->top < count ? (uint32_t)report->top
						  : count;
}

struct clinic_share clinic_report_share(const struct clinic_report *report,
					const struct clinic_tally *tally,
					uint64_t part)
{
	double samples =
		clinic_weight_is_sampled(report->weight)
			? clinic_share_samples(tally->whole, tally->squares)
			: 0.0;

	return clinic_share_of(part, tally->whole, samples);
}

static double divide(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : -1.0;
}

double clinic_report_reconciliation(const struct clinic_report *report)
{
	const struct clinic_quality *quality =
		clinic_session_quality(report->session);

	if (!report->counts.samples_count)
		return -1.0; /* nobody sampled: not the same as none found */
	return divide(report->counts.sampled_cpu_ns, quality->accounted_cpu_ns);
}

double clinic_report_overhead(const struct clinic_report *report)
{
	const struct clinic_quality *quality =
		clinic_session_quality(report->session);

	return quality->collector_cpu_ns ? divide(quality->collector_cpu_ns,
						  quality->accounted_cpu_ns)
					 : -1.0;
}

double clinic_report_blind(const struct clinic_report *report)
{
	const struct clinic_quality *quality =
		clinic_session_quality(report->session);

	if (quality->kernel_visible || !quality->accounted_cpu_ns)
		return 0.0;
	return divide(quality->accounted_kernel_ns, quality->accounted_cpu_ns);
}

double clinic_report_symbolised(const uint64_t by_tier[CLINIC_TIERS])
{
	uint64_t named = 0;
	uint64_t all = 0;

	for (unsigned int tier = 0; tier < CLINIC_TIERS; tier++) {
		named += clinic_tier_is_name(tier) ? by_tier[tier] : 0;
		all += by_tier[tier];
	}
	return all ? (double)named / (double)all : 0.0;
}

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static const char *library_of(const struct clinic_session *session,
			      const struct clinic_frame *frame)
{
	uint32_t count;
	const struct clinic_library *library =
		clinic_session_rows(session, CLINIC_LIBRARIES, &count);

	return clinic_session_text(session, library[frame->library_id].path_id);
}

static const char *frame_name(const struct clinic_session *session,
			      enum clinic_group group,
			      const struct clinic_frame *frame, char *room,
			      size_t room_bytes)
{
	const char *file = clinic_session_text(session, frame->file_id);
	const char *library = library_of(session, frame);

	if (group == CLINIC_BY_FUNCTION && frame->function_id)
		return clinic_session_text(session, frame->function_id);
	if (group == CLINIC_BY_LINE && *file)
		snprintf(room, room_bytes, "%s:%" PRIu32, file, frame->line);
	else if (group == CLINIC_BY_LINE && frame->function_id)
		return clinic_session_text(session, frame->function_id);
	else if (group == CLINIC_BY_FILE && *file)
		return file;
	else if (group == CLINIC_BY_LIBRARY && *library)
		return library;
	else
		snprintf(room, room_bytes, *library == '[' ? "%s" : "[%s]",
			 *library ? basename_of(library) : "unknown");
	return room;
}

static const char *thread_name(const struct clinic_session *session,
			       uint32_t id, char *room, size_t room_bytes)
{
	uint32_t count;
	const struct clinic_thread *thread =
		clinic_session_rows(session, CLINIC_THREADS, &count);

	snprintf(room, room_bytes, "%s %" PRIu32 "/%" PRIu32,
		 clinic_session_text(session, thread[id].name_id),
		 thread[id].pid, thread[id].tid);
	return room;
}

const char *clinic_report_name(const struct clinic_report *report,
			       enum clinic_group group,
			       const struct clinic_tally_row *row, char *room,
			       size_t room_bytes)
{
	const struct clinic_session *session = report->session;
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &count);
	const struct clinic_stage_name *stage =
		clinic_session_rows(session, CLINIC_STAGES, &count);

	if (group == CLINIC_BY_THREAD)
		return thread_name(session, row->thread_id, room, room_bytes);
	if (group != CLINIC_BY_STAGE)
		return frame_name(session, group, &frame[row->frame_id], room,
				  room_bytes);
	if (!row->stage_id)
		return "(no stage)";
	return clinic_session_text(session, stage[row->stage_id].name_id);
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

struct clinic_lock *clinic_report_locks(const struct clinic_report *report,
					uint32_t *count)
{
	const struct clinic_lock *row =
		clinic_session_rows(report->session, CLINIC_LOCKS, count);
	/* One more: none at all is no lack of memory. */
	struct clinic_lock *sorted = calloc(*count + 1ul, sizeof(*sorted));

	if (sorted && *count) {
		memcpy(sorted, row, *count * sizeof(*sorted));
		qsort(sorted, *count, sizeof(*sorted), compare_locks);
	}
	return sorted;
}
