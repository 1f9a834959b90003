/* Prints the times off the CPU and the waits for locks, for people. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "cli/report_frame_text.h"
#include "cli/report_text.h"
#include "foundation/terminal_text.h"
#include "session/own_frame.h"
#include "session/row_name.h"
#include "session/figures.h"
#include "session/waiting.h"
#include "session/session.h"
#include "session/short_name.h"

enum { ROOM_BYTES = 512 };

static const char *short_lock_name(const struct clinic_report *report,
				   const struct clinic_lock *lock, char *room)
{
	return clinic_short_name(
		clinic_session_text(report->session, lock->name_id), room,
		ROOM_BYTES);
}

/*
 * Shortens the name if short names are wanted. Two locks that would then have
 * the same name keep their whole names.
 */
static const char *lock_name(const struct clinic_report *report,
			     const struct clinic_lock *locks, uint32_t shown,
			     const struct clinic_lock *lock, char *room)
{
	char other[ROOM_BYTES];
	const char *whole = clinic_session_text(report->session, lock->name_id);
	const char *name = short_lock_name(report, lock, room);

	if (!report->has_short_names)
		return whole;
	for (uint32_t i = 0; i < shown; i++)
		if (locks[i].name_id != lock->name_id &&
		    !strcmp(short_lock_name(report, &locks[i], other), name))
			return whole;
	return name;
}

static void print_lock(const struct clinic_report *report,
		       const struct clinic_lock *lock, const char *name)
{
	const struct clinic_session *session = report->session;

	printf("%12.3f %12.3f %12.3f %10" PRIu64 " %10" PRIu64 "  %s %s",
	       (double)lock->wait_ns / 1e6, (double)lock->longest_wait_ns / 1e6,
	       (double)lock->hold_ns / 1e6, lock->contended_count,
	       lock->acquisitions_count,
	       clinic_terminal_text(
		       clinic_session_text(session, lock->kind_id)),
	       clinic_terminal_text(name));
	if (lock->contended_count) {
		printf(" at ");
		clinic_print_innermost(
			report,
			report->has_raw_sites
				? lock->stack_id
				: clinic_own_stack(session, lock->stack_id));
	} else {
		printf(", no thread waited");
	}
	printf("\n");
}

int clinic_report_text_locks(const struct clinic_report *report)
{
	uint32_t count;
	struct clinic_lock *lock = clinic_figure_locks(report->session, &count);
	uint32_t shown = clinic_report_rows(report, count);
	char room[ROOM_BYTES];

	if (!lock)
		return -ENOMEM;
	if (count)
		printf("\n%12s %12s %12s %10s %10s  lock\n", "wait ms",
		       "longest ms", "hold ms", "contended", "acquired");
	for (uint32_t i = 0; i < shown; i++)
		print_lock(report, &lock[i],
			   lock_name(report, lock, shown, &lock[i], room));
	free(lock);
	return 0;
}

static void print_waiting_sum(const struct clinic_report *report,
			      const struct clinic_waiting_row *all)
{
	uint64_t cpu_ns =
		clinic_session_quality(report->session)->accounted_cpu_ns;

	printf("\nthreads were off the CPU for %.3f s in %" PRIu64
	       " waits (%.3f s blocked, %.3f s ready to run); %" PRIu64
	       " of these have approximate stacks\n",
	       (double)(all->blocked_ns + all->ready_ns) / 1e9,
	       all->waits_count, (double)all->blocked_ns / 1e9,
	       (double)all->ready_ns / 1e9, all->approximate_count);
	printf("threads lived for %.3f s; without the waits, and without the "
	       "%.3f s of CPU time that the kernel accounted for, %+.3f s are "
	       "not explained\n",
	       (double)all->watched_ns / 1e9, (double)cpu_ns / 1e9,
	       (double)clinic_waiting_unexplained(all, cpu_ns) / 1e9);
}

static void print_waiting_thread(const struct clinic_report *report,
				 const struct clinic_waiting_row *row)
{
	const struct clinic_tally_row tally = {.thread_id = row->id};
	char room[ROOM_BYTES];

	printf("%12.3f %12.3f %12.3f %12.3f %+12.3f %10" PRIu64 "  %s\n",
	       (double)row->watched_ns / 1e6, (double)row->blocked_ns / 1e6,
	       (double)row->ready_ns / 1e6, (double)row->sampled_cpu_ns / 1e6,
	       (double)clinic_waiting_unexplained(row, row->sampled_cpu_ns) /
		       1e6,
	       row->waits_count,
	       clinic_terminal_text(clinic_row_name(report->session,
						    CLINIC_BY_THREAD, &tally,
						    room, sizeof(room))));
}

static void print_waiting_stack(const struct clinic_report *report,
				const struct clinic_waiting_row *row)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(report->session, CLINIC_STACKS, &count);

	printf("%12.3f %12.3f %12.3f %10" PRIu64 " %12" PRIu64 "  ",
	       (double)row->blocked_ns / 1e6, (double)row->ready_ns / 1e6,
	       (double)row->longest_ns / 1e6, row->waits_count,
	       row->approximate_count);
	clinic_print_frames(report, row->id);
	if (row->id)
		clinic_print_place(
			stdout, report,
			stack[clinic_own_stack(report->session, row->id)]
				.frame_id);
	printf("\n");
}

static void print_waiting_threads(const struct clinic_report *report,
				  const struct clinic_waiting *waiting)
{
	uint32_t shown = clinic_report_rows(report, waiting->threads_count);

	printf("\n%12s %12s %12s %12s %12s %10s  thread\n", "watched ms",
	       "blocked ms", "ready ms", "sampled ms", "unexplained", "waits");
	for (uint32_t i = 0; i < shown; i++)
		print_waiting_thread(report, &waiting->thread[i]);
}

static void print_waiting_stacks(const struct clinic_report *report,
				 const struct clinic_waiting *waiting)
{
	uint32_t shown = clinic_report_rows(report, waiting->stacks_count);

	printf("\n%12s %12s %12s %10s %12s  off the CPU in\n", "blocked ms",
	       "ready ms", "longest ms", "waits", "approximate");
	for (uint32_t i = 0; i < shown; i++)
		print_waiting_stack(report, &waiting->stack[i]);
}

int clinic_report_text_off_cpu(const struct clinic_report *report)
{
	struct clinic_waiting waiting;
	int error;

	if (!clinic_waiting_is_observed(report->session))
		return 0;
	error = clinic_waiting_sum(report->session, &waiting);
	if (error)
		return error;
	print_waiting_sum(report, &waiting.all);
	print_waiting_threads(report, &waiting);
	print_waiting_stacks(report, &waiting);
	clinic_waiting_free(&waiting);
	return 0;
}
