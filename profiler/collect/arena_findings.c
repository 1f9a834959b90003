/* Notes what the preload library could not observe, and why. */
#include "collect/arena_findings.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

#include "collect/unseen_processes.h"
#include "session/session.h"

static int note_bypassed(struct clinic_session *session,
			 const struct arena_image *image)
{
	char command[PATH_MAX];

	return clinic_session_format_note(
		session, 1,
		"allocations of %s (process %" PRIu32
		") are not observable: it brings its own malloc, so its calls "
		"never reach the preloaded library",
		clinic_arena_image_command(image, command, sizeof(command)),
		image->file.pid);
}

static int note_bypassed_new(struct clinic_session *session,
			     const struct arena_image *image)
{
	char command[PATH_MAX];

	return clinic_session_format_note(
		session, 1,
		"C++ new and delete of %s (process %" PRIu32
		") are not observable: its allocator library has its own "
		"operator new, whose calls never reach malloc; calls of malloc "
		"are counted",
		clinic_arena_image_command(image, command, sizeof(command)),
		image->file.pid);
}

static int note_deadlock(struct clinic_session *session,
			 const struct arena_image *image)
{
	return clinic_session_format_note(
		session, 1,
		"process %" PRIu32 " ran into a deadlock; its threads and "
		"locks were printed when it was found",
		image->file.pid);
}

/* If there is no arena at all, the note gives the reason, if it is known. */
static int note_unobserved(struct clinic_session *session, const char *program,
			   const char *why)
{
	return clinic_session_format_note(
		session, 1, "allocations of %s are not observable: %s", program,
		why ? why : "the library was not loaded into it");
}

/* A process that execs has an arena for each program; only the last counts. */
static bool is_last_of_process(const struct clinic_arena_facts *facts,
			       size_t at)
{
	return at + 1 == facts->images_count ||
	       facts->images[at + 1]->file.pid != facts->images[at]->file.pid;
}

static size_t count_unfinished(const struct clinic_arena_facts *facts,
			       bool is_running)
{
	size_t count = 0;

	for (size_t i = 0; i < facts->images_count; i++) {
		const struct arena_file *file = &facts->images[i]->file;
		bool runs = !kill((pid_t)file->pid, 0) || errno == EPERM;

		count += is_last_of_process(facts, i) &&
			 !file->head->ended_ticks && runs == is_running &&
			 (runs || !file->head->has_left);
	}
	return count;
}

/* Such processes are mostly daemons. */
static int note_running(struct clinic_session *session,
			const struct clinic_arena_facts *facts)
{
	size_t count = count_unfinished(facts, true);

	if (!count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"%zu %s still running when the recording ended: later "
		"allocations and locks were not recorded",
		count, count == 1 ? "process was" : "processes were");
}

/* Without an end in the arena, a kill and an exec of a program that the
 * library cannot enter look alike. */
static int note_unfinished(struct clinic_session *session,
			   const struct clinic_arena_facts *facts,
			   const struct clinic_ended_counts *ended)
{
	size_t count = count_unfinished(facts, false) + ended->unfinished_count;

	if (!count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"%zu %s without a recorded end: killed, or replaced by a "
		"program that is not observable (static, setuid), whose "
		"allocations and locks are then missing",
		count, count == 1 ? "process is" : "processes are");
}

static int note_confined(struct clinic_session *session,
			 const struct clinic_arena_facts *facts,
			 const struct clinic_ended_counts *ended)
{
	size_t count = ended->confined_count;
	size_t clockless_count = ended->clockless_count;

	for (size_t i = 0; i < facts->images_count; i++) {
		const struct arena_head *head = facts->images[i]->file.head;

		count += head->is_confined != 0;
		clockless_count += head->is_clockless != 0;
	}
	if (!count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"confined by seccomp: %zu %s; records that did not fit into "
		"the memory allocated before, and children and libraries that "
		"were started or loaded later are missing%s",
		count, count == 1 ? "process" : "processes",
		clockless_count ? "; if a program forbade itself to read the "
				  "clock, all later records are missing"
				: "");
}

static int note_sampled(struct clinic_session *session, uint64_t sample_bytes)
{
	return clinic_session_format_note(
		session, 0,
		"allocations are estimated from samples, one in %" PRIu64
		" bytes: counts, bytes and leaks are unbiased estimates, not "
		"exact",
		sample_bytes);
}

static int note_unreadable(struct clinic_session *session, size_t count)
{
	return clinic_session_format_note(
		session, 1, "%zu %s could not be read and %s missing", count,
		count == 1 ? "allocation record" : "allocation records",
		count == 1 ? "is" : "are");
}

static int note_image(struct clinic_session *session,
		      const struct clinic_arena_plan *plan,
		      const struct arena_image *image)
{
	int err = 0;

	if (plan->with_alloc && image->file.head->is_unobservable)
		err = note_bypassed(session, image);
	if (!err && plan->with_alloc && image->file.head->is_new_unobservable)
		err = note_bypassed_new(session, image);
	if (!err && plan->with_lock && image->file.head->deadlocks_count)
		err = note_deadlock(session, image);
	return err;
}

static int note_unlisted(struct clinic_session *session,
			 const struct clinic_arena_facts *facts,
			 const struct clinic_ended_counts *ended)
{
	size_t count = ended->unlisted_count;

	for (size_t i = 0; i < facts->images_count; i++)
		count += clinic_arena_image_is_unlisted(facts->images[i]);
	if (!count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"the call stacks of %zu %s have no names: /proc could not be "
		"read there, as after a chroot",
		count, count == 1 ? "process" : "processes");
}

static int note_lost_locks(struct clinic_session *session)
{
	uint64_t lost_count = clinic_session_quality(session)->lost_locks_count;

	if (!lost_count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"%" PRIu64 " acquisitions of locks and waits for them were "
		"not counted: more locks were in use than there is room for",
		lost_count);
}

/* While there are few programs, each of them has a note of its own. */
static int note_ended_findings(struct clinic_session *session,
			       const struct clinic_ended_counts *ended)
{
	return clinic_session_format_note(
		session, 1,
		"of the programs that ended early in the recording, %" PRIu64
		" brought their own malloc and %" PRIu64
		" their own operator new, whose calls are not observable, and "
		"%" PRIu64 " ran into a deadlock",
		ended->unobservable_count, ended->new_unobservable_count,
		ended->deadlocked_count);
}

static int note_ended(struct clinic_session *session,
		      const struct clinic_ended_counts *ended)
{
	int err;

	if (!ended->programs_count)
		return 0;
	err = clinic_session_format_note(
		session, 0,
		"%" PRIu64 " programs that ended early in the recording are "
		"summed up by call stack, stage and lock: their counts and "
		"bytes are exact, but those of each process and thread were "
		"not kept",
		ended->programs_count);
	return err || !(ended->unobservable_count ||
			ended->new_unobservable_count ||
			ended->deadlocked_count)
		       ? err
		       : note_ended_findings(session, ended);
}

int clinic_arena_findings_note(struct clinic_session *session,
			       const struct clinic_arena_plan *plan,
			       const struct clinic_arena_facts *facts,
			       const struct clinic_ended_counts *ended,
			       const char *program, const char *unobservable)
{
	int err = 0;

	for (size_t i = 0; !err && i < facts->images_count; i++)
		err = note_image(session, plan, facts->images[i]);
	if (!err && !facts->images_count && !ended->programs_count)
		err = note_unobserved(session, program, unobservable);
	if (!err)
		err = clinic_unseen_note(session, &facts->unseen,
					 "allocations and locks");
	if (!err)
		err = note_running(session, facts);
	if (!err)
		err = note_unfinished(session, facts, ended);
	if (!err)
		err = note_confined(session, facts, ended);
	if (!err)
		err = note_unlisted(session, facts, ended);
	if (!err)
		err = note_ended(session, ended);
	if (!err)
		err = note_lost_locks(session);
	if (!err && facts->unreadable_count)
		err = note_unreadable(session, facts->unreadable_count);
	if (!err && plan->sample_bytes)
		err = note_sampled(session, plan->sample_bytes);
	return err;
}
