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
		return "its limit on the size of files, ulimit -f, leaves no "
		       "room for one";
	return text ? text : "unknown error";
}

static int note_unopened(struct clinic_session *session,
			 const struct unseen_roll *unseen, const char *missing)
{
	const char *why = describe((int)unseen->errno_number);
	char text[400];

	if (!unseen->unopened_count)
		return 0;
	snprintf(text, sizeof(text),
		 "%" PRIu32 " %s not observed: no record could be opened (the "
		 "last was process %" PRIu32 ": %s); %s are missing from there",
		 unseen->unopened_count,
		 unseen->unopened_count == 1 ? "process was" : "processes were",
		 unseen->pid, why, missing);
	return clinic_session_add_note(session, 1, text);
}

static int note_unfit(struct clinic_session *session,
		      const struct unseen_text *unfit)
{
	char text[UNSEEN_TEXT_BYTES + 32];
	uint32_t bytes = unfit->bytes;

	if (!bytes)
		return 0;
	snprintf(text, sizeof(text), "not observed: %.*s",
		 (int)(bytes < UNSEEN_TEXT_BYTES ? bytes : UNSEEN_TEXT_BYTES),
		 unfit->text);
	return clinic_session_add_note(session, 1, text);
}

static int note_more_unfit(struct clinic_session *session, uint32_t count)
{
	char text[120];

	snprintf(text, sizeof(text),
		 "not observed: %" PRIu32 " more programs that would end with "
		 "the library in them",
		 count);
	return clinic_session_add_note(session, 1, text);
}

static int note_leavers(struct clinic_session *session,
			const struct unseen_leavers *leavers,
			const char *missing)
{
	char text[UNSEEN_TEXT_BYTES + 300], who[80];
	uint32_t bytes = leavers->program.bytes;

	if (!leavers->count || bytes > UNSEEN_TEXT_BYTES)
		return 0;
	if (leavers->count > 1)
		snprintf(who, sizeof(who), "%" PRIu32 " processes",
			 leavers->count);
	else if (leavers->pid)
		snprintf(who, sizeof(who), "process %" PRIu32, leavers->pid);
	else
		snprintf(who, sizeof(who), "a process");
	snprintf(text, sizeof(text),
		 "%s became %.*s without the library: not observed from there "
		 "on, %s are missing",
		 who, (int)bytes, leavers->program.text, missing);
	return clinic_session_add_note(session, 1, text);
}

static int note_more_leavers(struct clinic_session *session, uint32_t count,
			     const char *missing)
{
	char text[200];

	if (!count)
		return 0;
	snprintf(text, sizeof(text),
		 "%" PRIu32 " more %s a program without the library: not "
		 "observed from there on, %s are missing",
		 count, count == 1 ? "process became" : "processes became",
		 missing);
	return clinic_session_add_note(session, 1, text);
}

static int note_confined(struct clinic_session *session, uint32_t count)
{
	char text[200];

	if (!count)
		return 0;
	snprintf(text, sizeof(text),
		 "confined by seccomp: %" PRIu32 " %s; timer samples end "
		 "there, and stages of children started since are missing",
		 count, count == 1 ? "process" : "processes");
	return clinic_session_add_note(session, 1, text);
}

/* A daemon, mostly, whose parent ended at once. */
static int note_starting(struct clinic_session *session, uint32_t count,
			 const char *missing)
{
	char text[200];

	if (!count)
		return 0;
	snprintf(text, sizeof(text),
		 "%" PRIu32 " %s only starting when the recording ended: its "
		 "%s are missing",
		 count, count == 1 ? "process was" : "processes were", missing);
	return clinic_session_add_note(session, 1, text);
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
