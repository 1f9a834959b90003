/* Describes in notes what the imported text lacks, and what that means. */
#include "formats/perf_script_notes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "session/session.h"
#include "session/session_json.h"

__attribute__((format(printf, 3, 4))) static int
note(struct clinic_session *session, bool is_warning, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return clinic_session_add_note(session, is_warning, text);
}

/* Notes which fields -F has left out, and what therefore is not known. */
static int note_fields(struct clinic_session *session,
		       const struct clinic_perf_script_tally *tally)
{
	int error = 0;

	if (tally->untimed_count)
		error = note(session, true,
			     "%" PRIu64
			     " samples have no time: perf script was "
			     "not asked for it (-F time), so the duration is "
			     "not known and no part of it can be cut out",
			     tally->untimed_count);
	if (!error && tally->idless_count)
		error = note(session, false,
			     "%" PRIu64 " samples have no process and thread "
			     "number (-F pid,tid): threads of one name count "
			     "as one",
			     tally->idless_count);
	if (!error && !*tally->event)
		error = note(session, true,
			     "the text does not name the event (-F event): "
			     "what a sample stands for is not known, and all "
			     "count as samples of one event");
	if (!error && tally->beside_count)
		error = note(session, false,
			     "%" PRIu64 " lines beside the frames, such as "
			     "source lines, were left out",
			     tally->beside_count);
	return error;
}

static int note_stacks(struct clinic_session *session,
		       const struct clinic_perf_script_tally *tally)
{
	int error = 0;

	if (tally->cut_count)
		error = note(session, true,
			     "%" PRIu64 " frames deeper than %d were "
			     "cut off",
			     tally->cut_count, CLINIC_PERF_SCRIPT_DEPTH_MAX);
	if (!error && tally->unnamed_ends_count)
		error = note(session, false,
			     "%" PRIu64 " of the stacks end in a frame that "
			     "perf could not name: they count as truncated, "
			     "but may be whole",
			     tally->unnamed_ends_count);
	return error;
}

/* Notes whether this is the whole text that perf printed. */
static int note_end(struct clinic_session *session,
		    const struct clinic_perf_script_tally *tally)
{
	if (!tally->untimed_count && tally->recorded_until_ns > tally->last_ns)
		return note(
			session, true,
			"the recording went on for %.6f s after the last "
			"sample here: the text was cut short, or perf "
			"script was asked to leave samples out",
			(double)(tally->recorded_until_ns - tally->last_ns) /
				1e9);
	if (tally->is_cut)
		return note(session, true,
			    "the text ends in the middle of a sample: it was "
			    "cut short, and how much is missing is not known");
	if (!tally->recorded_until_ns)
		return note(session, false,
			    "whether samples are missing at the end of the "
			    "text is not known: perf script --header tells "
			    "when the last one was, unless the recording was "
			    "made without build-ids");
	return 0;
}

int clinic_perf_script_note(struct clinic_session *session,
			    const struct clinic_perf_script_tally *tally)
{
	const struct clinic_sample *sample;
	uint32_t count;
	int error = 0;

	sample = clinic_session_rows(session, CLINIC_SAMPLES, &count);
	if (tally->other_count)
		error = note(session, false,
			     "%" PRIu64 " samples of other events "
			     "(%s) were left out",
			     tally->other_count, tally->other_event);
	if (!error && tally->unread_count)
		error = note(session, true,
			     "%" PRIu64 " lines of the perf script "
			     "text made no sense",
			     tally->unread_count);
	if (!error)
		error = note_fields(session, tally);
	if (!error)
		error = note_stacks(session, tally);
	if (!error)
		error = note_end(session, tally);
	if (!error && *tally->event && !sample[0].weight_ns)
		error = note(session, true,
			     "the event %s has no period in "
			     "nanoseconds and no frequency is known: shares "
			     "count samples",
			     tally->event);
	return error;
}

int clinic_perf_script_nothing(const struct clinic_perf_script_tally *tally,
			       struct clinic_why *why)
{
	if (tally->other_count)
		snprintf(why->text, sizeof(why->text),
			 "it holds %" PRIu64
			 " samples of other events, such as %s; name one with "
			 "--event",
			 tally->other_count,
			 *tally->other_event ? tally->other_event
					     : "one without a name");
	else
		snprintf(why->text, sizeof(why->text),
			 "it holds no samples; "
			 "is it the text of `perf script -F comm,pid,tid,"
			 "time,period,event,ip,sym,dso`?");
	return -ENODATA;
}
