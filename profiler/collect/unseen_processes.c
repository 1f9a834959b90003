/* Reads the roll, whose writers may be hostile, into notes. */
#include "collect/unseen_processes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session/session.h"

static const char *describe(int error)
{
	const char *text = strerrordesc_np(error);

	if (error == EFBIG)
		return "its limit on the size of files, ulimit -f, is too "
		       "small for one";
	return text ? text : "unknown error";
}

static int note_unopened(struct clinic_session *session,
			 const struct unseen_roll *unseen, const char *missing)
{
	const char *why = describe((int)unseen->errno_number);

	if (!unseen->unopened_count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"%" PRIu32 " %s not observed: no record could be opened (the "
		"last was process %" PRIu32 ": %s); %s are missing there",
		unseen->unopened_count,
		unseen->unopened_count == 1 ? "process was" : "processes were",
		unseen->pid, why, missing);
}

static int note_unfit(struct clinic_session *session,
		      const struct unseen_text *unfit)
{
	uint32_t bytes = unfit->bytes;

	if (!bytes)
		return 0;
	return clinic_session_format_note(
		session, 1, "not observed: %.*s",
		(int)(bytes < UNSEEN_TEXT_BYTES ? bytes : UNSEEN_TEXT_BYTES),
		unfit->text);
}

static int note_more_unfit(struct clinic_session *session, uint32_t count)
{
	return clinic_session_format_note(session, 1,
					  "not observed: %" PRIu32
					  " more programs that would end with "
					  "the library in them",
					  count);
}

static int note_leavers(struct clinic_session *session,
			const struct unseen_leavers *leavers,
			const char *missing)
{
	uint32_t bytes = leavers->program.bytes;
	char who[80];

	if (!leavers->count || bytes > UNSEEN_TEXT_BYTES)
		return 0;
	if (leavers->count > 1)
		snprintf(who, sizeof(who), "%" PRIu32 " processes",
			 leavers->count);
	else if (leavers->pid)
		snprintf(who, sizeof(who), "process %" PRIu32, leavers->pid);
	else
		snprintf(who, sizeof(who), "a process");
	return clinic_session_format_note(
		session, 1,
		"%s became %.*s without the library: not observed from there "
		"on, %s are missing",
		who, (int)bytes, leavers->program.text, missing);
}

static int note_more_leavers(struct clinic_session *session, uint32_t count,
			     const char *missing)
{
	if (!count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"%" PRIu32 " more %s a program without the library: not "
		"observed from there on, %s are missing",
		count, count == 1 ? "process became" : "processes became",
		missing);
}

static int note_confined(struct clinic_session *session, uint32_t count)
{
	if (!count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"confined by seccomp: %" PRIu32 " %s; timer samples end "
		"there, and stages of children started since are missing",
		count, count == 1 ? "process" : "processes");
}

/* A daemon, mostly, whose parent ended at once. */
static int note_starting(struct clinic_session *session, uint32_t count,
			 const char *missing)
{
	if (!count)
		return 0;
	return clinic_session_format_note(
		session, 1,
		"%" PRIu32 " %s only starting when the recording ended: its "
		"%s are missing",
		count, count == 1 ? "process was" : "processes were", missing);
}

int clinic_unseen_note(struct clinic_session *session,
		       const struct unseen_roll *unseen, const char *missing)
{
	int err = note_unopened(session, unseen, missing);

	if (!err)
		err = note_starting(session, unseen->starting_count, missing);
	for (size_t i = 0; !err && i < UNSEEN_TEXTS; i++)
		err = note_unfit(session, &unseen->unfit[i]);
	for (size_t i = 0; !err && i < UNSEEN_TEXTS; i++)
		err = note_leavers(session, &unseen->leavers[i], missing);
	if (!err)
		err = note_more_leavers(session, unseen->more_leavers_count,
					missing);
	if (!err)
		err = note_confined(session, unseen->confined_count);
	if (!err && unseen->unfit_count > UNSEEN_TEXTS)
		err = note_more_unfit(session,
				      unseen->unfit_count - UNSEEN_TEXTS);
	return err;
}
