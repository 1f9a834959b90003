/* Notes losses, what could not be seen, and sums that do not agree. */
#include "collect/findings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect/naming.h"
#include "collect/process_status.h"
#include "sources/refusals.h"
#include "collect/stack_findings.h"
#include "collect/unnamed_code.h"
#include "session/session.h"

/* From this share of the run on, CPU time that the host took is reported. */
#define STOLEN_RATIO 0.02
/* From this share of the samples on, missing names are reported. */
#define UNNAMED_RATIO 0.1

struct notes {
	struct clinic_session *session;
	const struct clinic_findings *findings;
	int err; /* the first one; nothing is added after it */
	char reason[200];
};

enum { IS_NOTE, IS_WARNING };

__attribute__((format(printf, 3, 4))) static void
note(struct notes *notes, int is_warning, const char *format, ...)
{
	char text[400];
	va_list arguments;

	if (notes->err)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	notes->err = clinic_session_add_note(notes->session, is_warning, text);
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static void note_losses(struct notes *notes)
{
	const struct clinic_recorder_counts *counts = &notes->findings->counts;

	if (counts->lost_count)
		note(notes, IS_WARNING,
		     "%" PRIu64 " records were lost because the collector did "
		     "not get the CPU in time; a lower -F, or more locked "
		     "memory (sysctl kernel.perf_event_mlock_kb=4096), helps%s",
		     counts->lost_count,
		     notes->findings->source.off_cpu == CLINIC_OFF_CPU_STACKS
			     ? "; if the stack of a context switch was lost, "
			       "that wait has an approximate one"
			     : "");
	if (counts->throttled_count)
		note(notes, IS_WARNING,
		     "the kernel paused the sampling %" PRIu64
		     " times; a lower -F, or sysctl "
		     "kernel.perf_cpu_time_max_percent=0, helps",
		     counts->throttled_count);
}

static void note_blind_spot(struct notes *notes)
{
	const struct clinic_quality *quality =
		clinic_session_quality(notes->session);

	if (notes->findings->source.kernel_visible)
		return;
	note(notes, IS_NOTE,
	     "without permission to sample the kernel, its %.3f s of %.3f s of "
	     "CPU time gave no samples and are shown as [kernel, unsampled]; "
	     "sysctl kernel.perf_event_paranoid=1 gives the permission",
	     seconds(quality->accounted_kernel_ns),
	     seconds(quality->accounted_cpu_ns));
}

static void note_kernel_names(struct notes *notes)
{
	if (notes->findings->counts.naming.kernel_error)
		note(notes, IS_NOTE,
		     "kernel functions have no names (%s); sysctl "
		     "kernel.kptr_restrict=0, as root, gives them",
		     strerror(-notes->findings->counts.naming.kernel_error));
}

static void note_debug_files(struct notes *notes)
{
	const struct clinic_symbols_counts *counts =
		&notes->findings->counts.naming.symbols;

	if (counts->split_missing_count)
		note(notes, IS_NOTE,
		     "the functions of %" PRIu64
		     " compiled files are described in .dwo files that are "
		     "neither where they were built, nor beside the program, "
		     "nor packed in PROGRAM.dwp: their inlined calls are "
		     "missing",
		     counts->split_missing_count);
	if (counts->too_large_count)
		note(notes, IS_NOTE,
		     "%" PRIu64 " debug files are too large to be read: their "
		     "code has the names of symbol tables, without inlined "
		     "calls",
		     counts->too_large_count);
}

static bool is_by_timers(const struct clinic_findings *findings)
{
	return !strcmp(findings->source.backend, "timer");
}

static void note_unopened(struct notes *notes)
{
	uint32_t count = notes->findings->counts.naming.unopened_count;

	if (count > CLINIC_NAMING_NOTES_MAX)
		note(notes, IS_NOTE,
		     "%" PRIu32 " more files could not be opened for names",
		     count - CLINIC_NAMING_NOTES_MAX);
}

static const char *path_of(const struct notes *notes, uint32_t library_id)
{
	uint32_t count;
	const struct clinic_library *library =
		clinic_session_rows(notes->session, CLINIC_LIBRARIES, &count);

	return clinic_session_text(notes->session, library[library_id].path_id);
}

/* "//anon", "/memfd:jit (deleted)": no package has names for these. */
static bool is_file(const char *path)
{
	return *path == '/' && path[1] != '/' &&
	       strncmp(path, "/memfd:", strlen("/memfd:")) != 0;
}

static void note_unnamed(struct notes *notes)
{
	uint64_t samples_count = notes->findings->counts.samples_count;
	struct clinic_unnamed_code unnamed;
	const char *path;

	if (notes->err)
		return;
	notes->err = clinic_unnamed_code_find(notes->session, &unnamed);
	if (notes->err || (double)unnamed.samples_count <=
				  UNNAMED_RATIO * (double)samples_count)
		return;
	path = path_of(notes, unnamed.library_id);
	note(notes, IS_NOTE,
	     "%.1f %% of samples are in code without names, most of them in %s%s",
	     100.0 * (double)unnamed.samples_count / (double)samples_count,
	     is_file(path) ? path : "memory without a file",
	     is_file(path) ? ": its debug symbols (a -dbgsym or -debuginfo "
			     "package, or --debuginfod) name it"
			   : ": code that the program generated, which it "
			     "can name in /tmp/perf-PID.map or a jitdump "
			     "(node --perf-basic-prof, and the like)");
}

/*
 * A thread is sampled each full period of its CPU time: what it ran after the
 * last one is in no sample.
 */
static bool has_short_lives(const struct clinic_findings *findings,
			    double missed_s)
{
	double unseen_s = (double)findings->counts.threads_count /
			  (double)findings->frequency_hz;

	return unseen_s > missed_s / 2;
}

/*
 * Where kernel time gave no samples, its amount comes from the kernel's
 * accounts, which count clock ticks: n ticks are exact to about sqrt(n).
 */
static bool is_split_rough(const struct notes *notes, double off_s)
{
	const struct clinic_quality *quality =
		clinic_session_quality(notes->session);
	struct timespec tick;

	return !notes->findings->source.kernel_visible &&
	       !clock_getres(CLOCK_MONOTONIC_COARSE, &tick) &&
	       off_s * off_s < seconds(quality->accounted_cpu_ns) *
				       seconds((uint64_t)tick.tv_nsec);
}

static const char rough_split[] =
	"the kernel's part gave no samples, and its size is known only in "
	"clock ticks, of which this run had few";

/*
 * POSIX timers on CPU time, unlike perf events, are looked at when the kernel
 * accounts for a thread's time.
 */
static const char *reason_of_ticks(struct notes *notes)
{
	struct timespec tick = {0};

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	snprintf(notes->reason, sizeof(notes->reason),
		 "a timer fires only at the kernel's clock tick, here every "
		 "%.3g ms: threads and processes that ran for less time have "
		 "no sample, and the end of each is in no sample",
		 (double)tick.tv_nsec / 1e6);
	return notes->reason;
}

static const char *reason_to_miss(struct notes *notes, double missed_s)
{
	const struct clinic_findings *findings = notes->findings;

	if (findings->counts.lost_count)
		return "records were lost";
	if (is_split_rough(notes, missed_s))
		return rough_split;
	if (is_by_timers(findings))
		return reason_of_ticks(notes);
	if (has_short_lives(findings, missed_s))
		return "threads or processes were short, and the end of each "
		       "is in no sample";
	if (seconds(findings->stolen_ns) > missed_s / 2)
		return "the machine's host gave the CPU to others, and ticks "
		       "were missed";
	return "the reason is not known; it may be that the program does not "
	       "wait for its children";
}

static const char *reason_to_exceed(const struct notes *notes, double excess_s)
{
	return is_split_rough(notes, excess_s)
		       ? rough_split
		       : "the usual reasons are children for which no process "
			 "waited, or a host that gave the CPU to others";
}

static void note_reconciliation(struct notes *notes)
{
	uint64_t accounted_ns =
		clinic_session_quality(notes->session)->accounted_cpu_ns;
	uint64_t sampled_ns = notes->findings->counts.weight_ns;
	double ratio = accounted_ns ? (double)sampled_ns / (double)accounted_ns
				    : 1.0;

	if (!strcmp(notes->findings->source.backend, "none"))
		return;
	if (ratio < CLINIC_RECONCILED_LEAST)
		note(notes, IS_WARNING,
		     "the samples represent only %.3f of the CPU time that the "
		     "kernel accounted for: %s",
		     ratio,
		     reason_to_miss(notes, seconds(accounted_ns - sampled_ns)));
	if (ratio > CLINIC_RECONCILED_MOST)
		note(notes, IS_WARNING,
		     "the samples represent %.3f times the CPU time that the "
		     "kernel accounted for: %s",
		     ratio,
		     reason_to_exceed(notes,
				      seconds(sampled_ns - accounted_ns)));
}

static void note_theft(struct notes *notes)
{
	const struct clinic_session_metadata *metadata =
		clinic_session_metadata(notes->session);
	double run_s = seconds(metadata->ended_ns - metadata->started_ns);
	double stolen_s = seconds(notes->findings->stolen_ns);

	if (stolen_s > STOLEN_RATIO * run_s)
		note(notes, IS_NOTE,
		     "the host of this virtual machine took %.2f s of CPU "
		     "time during the %.2f s of the run",
		     stolen_s, run_s);
}

static void note_unloaded(struct notes *notes)
{
	if (is_by_timers(notes->findings) &&
	    !notes->findings->counts.samples_count)
		note(notes, IS_WARNING,
		     "the sampler took no sample: the program is statically "
		     "linked or setuid, or ran for less than a tick of the "
		     "kernel");
}

static void note_switches(struct notes *notes)
{
	if (notes->findings->counts.switchless_count)
		note(notes, IS_NOTE,
		     "context switches of processes with more than %d threads "
		     "were not read: the 0 in these %" PRIu64
		     " rows of metrics is not a count; -e offcpu counts them",
		     CLINIC_SWITCHES_THREADS_MAX,
		     notes->findings->counts.switchless_count);
}

static void note_32_bit(struct notes *notes)
{
	uint64_t count =
		notes->findings->counts.walks.ends_count[CLINIC_END_32_BIT];

	if (count)
		note(notes, IS_NOTE,
		     "%" PRIu64 " samples are of 32-bit programs, which have "
		     "names but no unwind tables here: their stacks follow "
		     "frame pointers (gcc -m32 -fno-omit-frame-pointer), or "
		     "contain only the innermost function",
		     count);
}

static void note_off_cpu(struct notes *notes)
{
	const struct clinic_recorder_counts *counts = &notes->findings->counts;

	if (!notes->findings->wants_off_cpu)
		return;
	if (notes->findings->source.off_cpu == CLINIC_OFF_CPU_UNSEEN)
		note(notes, IS_WARNING,
		     "off-CPU time was not observable: only perf events "
		     "report it, and another backend took the samples; "
		     "`clinic doctor` shows what would allow them");
	else if (counts->approximate_count)
		note(notes, IS_NOTE,
		     "%" PRIu64 " of %" PRIu64 " waits have approximate "
		     "stacks: that of the thread's last sample before the "
		     "wait, or none%s",
		     counts->approximate_count, counts->waits_count,
		     notes->findings->source.off_cpu == CLINIC_OFF_CPU_TIMES
			     ? "; sysctl kernel.perf_event_paranoid=1 allows "
			       "exact ones"
			     : "");
}

static void note_attached(struct notes *notes)
{
	const struct clinic_findings *findings = notes->findings;
	size_t children = findings->attached_count - findings->roots_count;
	uint32_t refused = findings->source.refused_processes_count;

	if (findings->attached_count > 1)
		note(notes, IS_NOTE,
		     "watched %zu processes: %zu that were asked for, and %zu "
		     "of their children",
		     findings->attached_count, findings->roots_count, children);
	if (refused)
		note(notes, IS_WARNING,
		     "%" PRIu32 " of the children belong to another user, may "
		     "not be watched and gave no samples; try as root",
		     refused);
}

static void note_overwritten(struct notes *notes)
{
	uint64_t count = notes->findings->counts.overwritten_count;

	if (count)
		note(notes, IS_WARNING,
		     "there is not enough memory for the whole recording: the "
		     "oldest %" PRIu64
		     " samples, waits, changes and metrics are missing",
		     count);
}

static void note_folded(struct notes *notes)
{
	uint64_t count = notes->findings->counts.folded_threads_count;

	if (count)
		note(notes, IS_NOTE,
		     "%" PRIu64 " threads that ended long ago share one row, "
		     "[ended threads]: their times are in all sums, but the "
		     "time of each thread was not kept",
		     count);
}

static void note_late(struct notes *notes)
{
	const struct clinic_findings *findings = notes->findings;
	const struct clinic_recorder_counts *counts = &findings->counts;
	bool is_usual = findings->frequency_hz &&
			findings->frequency_hz < 2000000000 / CLINIC_LATE_NS;

	if (is_by_timers(findings) && counts->late_count && !is_usual)
		note(notes, IS_WARNING,
		     "%" PRIu64 " %s %.2f s together, far more than a period "
		     "each: either the program or a runtime in it blocked "
		     "signals, and spent that time before it came to the place "
		     "of the sample; or it was in the kernel for so long",
		     counts->late_count,
		     counts->late_count == 1 ? "sample weighs"
					     : "samples weigh",
		     (double)counts->late_ns / 1e9);
}

/* Such processes are mostly daemons. */
static void note_running(struct notes *notes)
{
	uint64_t count = notes->findings->counts.running_count;

	if (notes->findings->outlives && count)
		note(notes, IS_WARNING,
		     "%" PRIu64 " %s still running when the recording ended: "
		     "what happened later was not recorded",
		     count, count == 1 ? "process was" : "processes were");
}

int clinic_findings_note(struct clinic_session *session,
			 const struct clinic_findings *findings)
{
	struct notes notes = {.session = session, .findings = findings};

	note_attached(&notes);
	note_losses(&notes);
	note_overwritten(&notes);
	note_folded(&notes);
	note_blind_spot(&notes);
	note_kernel_names(&notes);
	note_debug_files(&notes);
	note_unopened(&notes);
	note_unnamed(&notes);
	note_reconciliation(&notes);
	note_theft(&notes);
	note_unloaded(&notes);
	note_switches(&notes);
	note_32_bit(&notes);
	if (!notes.err)
		notes.err = clinic_stack_findings_note(
			session,
			&(struct clinic_walks){
				.counts = &findings->counts.walks,
				.samples_count = findings->counts.samples_count,
				.stack_bytes = findings->source.stack_bytes,
			});
	note_off_cpu(&notes);
	note_late(&notes);
	note_running(&notes);
	return notes.err;
}

int clinic_findings_refusals(struct clinic_session *session,
			     const struct clinic_refusals *refusals)
{
	int err = 0;

	for (size_t i = 0; !err && i < refusals->count; i++)
		err = clinic_session_add_refusal(session,
						 refusals->rows[i].tried,
						 refusals->rows[i].errno_number,
						 refusals->rows[i].advice);
	return err;
}

uint64_t clinic_stolen_ns(void)
{
	unsigned long long steal = 0;
	FILE *stat = fopen("/proc/stat", "re");

	if (!stat)
		return 0;
	/* user nice system idle iowait irq softirq steal */
	if (fscanf(stat, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
		steal = 0;
	fclose(stat);
	return steal * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}
