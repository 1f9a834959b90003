/* Reads the samples in the text of perf script, and rebuilds their stacks. */
#include "formats/perf_script.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "formats/format.h"
#include "formats/line_reader.h"
#include "formats/perf_script_line.h"
#include "formats/perf_script_notes.h"
#include "session/session.h"
#include "session/session_json.h"
#include "foundation/string_table.h"

enum {
	DEPTH_MAX = CLINIC_PERF_SCRIPT_DEPTH_MAX,
	NS_PER_S = 1000000000,
	NS_PER_US = 1000,
};

/* A line with a frame, which is parsed only once, however often it occurs. */
struct known_frame {
	struct clinic_frame frame;
	uint32_t id; /* 0: it is inlined, and its library is in a later line */
};

struct importer {
	const struct clinic_format_options *options;
	struct clinic_session *session;
	struct clinic_string_table
		lines; /* of frames; known[] has what they mean */
	struct known_frame *known;
	size_t known_capacity;
	uint64_t frequency_hz;
	struct clinic_perf_script_tally tally;
	bool has_empty_lines;    /* an empty line ended a sample */
	bool has_joined_samples; /* a sample followed another at once */
	bool has_tabs;           /* before frames, as perf prints them */
	bool in_sample;
	bool is_wanted;
	struct clinic_sample sample;
	uint32_t depth;
	uint32_t frame[DEPTH_MAX]; /* row of lines, innermost first */
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int read_event_name(char **name, struct clinic_span event)
{
	if (!*name)
		*name = strndup(event.at, event.length);
	return *name ? 0 : -ENOMEM;
}

static bool measures_cpu_time(struct clinic_span event)
{
	static const char *const names[] = {
		"cpu-clock",  "task-clock",      "cycles",
		"cpu-cycles", "cpu_core/cycles", "cpu_atom/cycles"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (clinic_span_begins(event, names[i]))
			return true;
	return false;
}

static bool is_clock(struct clinic_span event)
{
	return clinic_span_begins(event, "cpu-clock") ||
	       clinic_span_begins(event, "task-clock");
}

/* For the event cpu-clock, perf may print cpu-clock:u or cpu-clock:pppH. */
static bool is_event(struct clinic_span event, const char *name)
{
	const char *colon = memchr(event.at, ':', event.length);
	struct clinic_span plain = {event.at, colon ? (size_t)(colon - event.at)
						    : event.length};

	return clinic_span_is(event, name) || clinic_span_is(plain, name);
}

static bool wants_event(const struct importer *in, struct clinic_span event)
{
	if (in->options->event)
		return is_event(event, in->options->event);
	return in->tally.event ? clinic_span_is(event, in->tally.event)
			       : !event.length || measures_cpu_time(event);
}

static uint64_t weight_ns(const struct importer *in,
			  const struct clinic_perf_sample_line *h)
{
	/*
	 * A period of 1 means one event, not 1 ns: perf record -c 1, or no
	 * period.
	 */
	if (is_clock(h->event) && h->period > 1)
		return h->period;
	return in->frequency_hz ? NS_PER_S / in->frequency_hz : 0;
}

static int thread_of(struct importer *in,
		     const struct clinic_perf_sample_line *h, uint32_t *id)
{
	char name[64];
	size_t length = h->comm.length < sizeof(name) ? h->comm.length
						      : sizeof(name) - 1;

	memcpy(name, h->comm.at, length);
	name[length] = '\0';
	return clinic_session_thread_id(in->session, h->pid, h->tid, name, id);
}

/* Reads "PERF_RECORD_LOST lost 12" and PERF_RECORD_LOST_SAMPLES. */
static void count_loss(struct importer *in, struct clinic_span record)
{
	uint64_t count;

	if (clinic_span_begins(record, "PERF_RECORD_LOST") &&
	    clinic_span_number(clinic_span_take_last(&record), &count))
		clinic_session_quality(in->session)->lost_count += count;
}

/* Reads the rest of a header line that begins with `label`. */
static int read_text_note(struct importer *in, struct clinic_span line,
			  const char *label, uint32_t *id)
{
	struct clinic_span text = clinic_span_trim((struct clinic_span){
		line.at + strlen(label), line.length - strlen(label)});

	return clinic_session_text_n_id(in->session, text.at, text.length, id);
}

/*
 * Reads "# time of last sample : 24508.945068"; it is 0.000000 if perf record
 * did not look for it.
 */
static void read_end(struct importer *in, const char *text)
{
	uint64_t seconds, microseconds;

	if (sscanf(text, "%" SCNu64 ".%6" SCNu64, &seconds, &microseconds) ==
		    2 &&
	    seconds < UINT64_MAX / NS_PER_S)
		in->tally.recorded_until_ns =
			seconds * NS_PER_S + microseconds * NS_PER_US;
}

/* Reads a line of perf script --header, which describes the recording. */
static int parse_comment(struct importer *in, struct clinic_span line)
{
	static const char command[] = "# cmdline : ";
	static const char host[] = "# hostname : ";
	static const char end[] = "# time of last sample : ";
	static const char frequency[] = "{ sample_period, sample_freq } = ";
	struct clinic_session_metadata *metadata =
		clinic_session_metadata(in->session);
	const char *found;

	if (clinic_span_begins(line, command))
		return read_text_note(in, line, command, &metadata->command_id);
	if (clinic_span_begins(line, host))
		return read_text_note(in, line, host, &metadata->host_id);
	if (clinic_span_begins(line, end))
		read_end(in, line.at + strlen(end));
	found = strstr(line.at, frequency);
	if (found && strstr(line.at, " freq = 1") && !in->frequency_hz)
		in->frequency_hz =
			strtoull(found + strlen(frequency), NULL, 10);
	return 0;
}

static int library_of(struct importer *in, struct clinic_span dso, uint32_t *id)
{
	char *path;
	int error;

	if (!dso.length)
		return 0;
	path = strndup(dso.at, dso.length);
	if (!path)
		return -ENOMEM;
	error = clinic_session_library_id(in->session, path, NULL, id);
	free(path);
	return error;
}

static int to_frame(struct importer *in,
		    const struct clinic_perf_frame_line *line,
		    struct clinic_frame *frame)
{
	int error = library_of(in, line->dso, &frame->library_id);

	if (error)
		return error;
	frame->inlined = line->is_inlined;
	frame->tier = line->is_kernel ? CLINIC_TIER_KERNEL
				      : CLINIC_TIER_IMPORTED;
	if (line->symbol.length)
		/*
		 * The address is left out, because what perf prints depends on
		 * its version.
		 */
		return clinic_session_text_n_id(in->session, line->symbol.at,
						line->symbol.length,
						&frame->function_id);
	frame->tier = CLINIC_TIER_NONE;
	frame->address = line->address;
	return 0;
}

static int reserve_known(struct importer *in, uint32_t id)
{
	struct known_frame *known =
		clinic_grow(in->known, id, &in->known_capacity, sizeof(*known));

	if (!known)
		return -ENOMEM;
	in->known = known;
	return 0;
}

/* A line that is not a frame becomes frame 0, which means an unknown frame. */
static int remember_frame(struct importer *in, struct clinic_span line,
			  uint32_t id)
{
	struct clinic_perf_frame_line parsed;
	struct known_frame *known;
	int error = reserve_known(in, id);

	if (error)
		return error;
	known = &in->known[id];
	*known = (struct known_frame){0};
	if (!clinic_perf_frame_line_parse(line, &parsed)) {
		in->tally.unread_count++;
		return 0;
	}
	error = to_frame(in, &parsed, &known->frame);
	if (!error && !known->frame.inlined)
		error = clinic_session_frame_id(in->session, &known->frame,
						&known->id);
	return error;
}

static int add_frame_line(struct importer *in, struct clinic_span line)
{
	uint32_t seen = in->lines.count;
	uint32_t id;
	int error;

	if (in->depth == DEPTH_MAX) {
		in->tally.cut_count++;
		return 0;
	}
	error = clinic_string_table_id(&in->lines, line.at, line.length, &id);
	if (!error && id == seen)
		error = remember_frame(in, line, id);
	if (!error)
		in->frame[in->depth++] = id;
	return error;
}

/*
 * Goes from the outermost frame inwards, so that the library of an inlined call
 * is already known.
 */
static int stack_of(struct importer *in, uint32_t *stack)
{
	uint32_t library = 0;
	int error = 0;

	*stack = CLINIC_STACK_ROOT;
	for (uint32_t i = in->depth; i-- > 0 && !error;) {
		const struct known_frame *known = &in->known[in->frame[i]];
		struct clinic_frame frame = known->frame;
		uint32_t id = known->id;

		if (frame.inlined) {
			frame.library_id = library;
			error = clinic_session_frame_id(in->session, &frame,
							&id);
		}
		library = frame.library_id;
		if (!error)
			error = clinic_session_stack_id(in->session, *stack, id,
							stack);
	}
	return error;
}

/* The name may have a version: "_start@@GLIBC_2.34". */
static bool is_entry(const char *name)
{
	static const char *const entries[] = {"_start",
					      "_dl_start_user",
					      "__libc_start_main",
					      "__libc_start_main_impl",
					      "__libc_start_call_main",
					      "clone",
					      "clone3",
					      "__clone",
					      "__clone3",
					      "start_thread",
					      "ret_from_fork",
					      "ret_from_fork_asm"};
	size_t length = strcspn(name, "@");

	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++)
		if (strlen(entries[i]) == length &&
		    !strncmp(name, entries[i], length))
			return true;
	return false;
}

/* The name of the frame that is so many calls away from the outermost one. */
static const char *name_from_end(const struct importer *in, uint32_t calls)
{
	uint32_t line = in->frame[in->depth - 1 - calls];

	return clinic_session_text(in->session,
				   in->known[line].frame.function_id);
}

/*
 * In a stripped program _start has no name. But only _start calls the function
 * that calls main.
 */
static bool reaches_entry(const struct importer *in)
{
	static const char caller_of_main[] = "__libc_start_main";

	if (!in->depth || in->depth == DEPTH_MAX)
		return false;
	if (is_entry(name_from_end(in, 0)))
		return true;
	return !*name_from_end(in, 0) && in->depth > 1 &&
	       !strncmp(name_from_end(in, 1), caller_of_main,
			strlen(caller_of_main));
}

static uint16_t flags_of(struct importer *in)
{
	bool in_kernel = in->depth && in->known[in->frame[0]].frame.tier ==
					      CLINIC_TIER_KERNEL;
	bool is_whole = reaches_entry(in);

	if (!is_whole && in->depth && !*name_from_end(in, 0))
		in->tally.unnamed_ends_count++;
	return (uint16_t)((is_whole ? 0 : CLINIC_SAMPLE_TRUNCATED) |
			  (in_kernel ? CLINIC_SAMPLE_KERNEL : 0));
}

static int end_sample(struct importer *in)
{
	int error;

	if (!in->in_sample)
		return 0;
	in->in_sample = false;
	if (!in->is_wanted)
		return 0;
	error = stack_of(in, &in->sample.stack_id);
	if (error)
		return error;
	in->sample.flags = flags_of(in);
	return clinic_session_add(in->session, CLINIC_SAMPLES, &in->sample);
}

static int begin_sample(struct importer *in,
			const struct clinic_perf_sample_line *h)
{
	int error = end_sample(in);

	if (error)
		return error;
	in->in_sample = true;
	in->depth = 0;
	in->is_wanted = wants_event(in, h->event);
	if (!in->is_wanted) {
		in->tally.other_count++;
		return read_event_name(&in->tally.other_event, h->event);
	}
	in->sample = (struct clinic_sample){.time_ns = h->time_ns,
					    .weight_ns = weight_ns(in, h),
					    .cpu = h->cpu};
	in->tally.untimed_count += !h->has_time;
	in->tally.idless_count += !h->has_ids;
	error = read_event_name(&in->tally.event, h->event);
	if (!error)
		error = thread_of(in, h, &in->sample.thread_id);
	if (error || !h->rest.length)
		return error;
	/* If the line of the sample itself has a frame, no others follow. */
	error = add_frame_line(in, h->rest);
	return error ? error : end_sample(in);
}

static int handle_sample(struct importer *in,
			 const struct clinic_perf_sample_line *sample)
{
	int error;

	in->has_joined_samples |= in->in_sample;
	error = end_sample(in);
	if (error)
		return error;
	in->tally.last_ns = most(in->tally.last_ns, sample->time_ns);
	if (!sample->record.length)
		return begin_sample(in, sample);
	count_loss(in, sample->record);
	return 0;
}

/*
 * The line of a frame begins with a tab. If somebody has trimmed the text, it
 * begins with an address; a short one may also be a word. A text that has tabs
 * was not trimmed: " 4242 cycles:" in it is a sample of thread 4242.
 */
static bool is_trimmed_frame(struct clinic_span line)
{
	enum { ADDRESS_DIGITS = 6 };
	struct clinic_perf_frame_line frame;
	bool is_indented = isspace((unsigned char)*line.at);
	struct clinic_span text = clinic_span_trim(line);
	struct clinic_span rest = text;

	return clinic_perf_frame_line_parse(text, &frame) &&
	       (is_indented || text.at[text.length - 1] == ')' ||
		clinic_span_take_first(&rest).length >= ADDRESS_DIGITS);
}

/* A sample may have other lines beside its frames, such as those of srcline. */
static int handle_other_line(struct importer *in, struct clinic_span line)
{
	if (in->in_sample && in->depth && isspace((unsigned char)*line.at)) {
		in->tally.beside_count++;
		return 0;
	}
	in->tally.unread_count++;
	return end_sample(in);
}

static int handle_line(struct importer *in, struct clinic_span line)
{
	struct clinic_perf_sample_line sample;
	struct clinic_span text = clinic_span_trim(line);
	bool is_frame, is_sample;

	if (!text.length) {
		in->has_empty_lines = true;
		return end_sample(in);
	}
	if (*line.at == '#')
		return parse_comment(in, line);
	is_frame = in->in_sample && *line.at == '\t' &&
		   isxdigit((unsigned char)*text.at);
	is_sample = !is_frame && clinic_perf_sample_line_parse(line, &sample);
	in->has_tabs |= is_frame;
	if (!is_frame && in->in_sample && !in->has_tabs &&
	    is_trimmed_frame(line))
		is_frame = !is_sample || (!sample.has_time &&
					  isspace((unsigned char)*line.at));
	if (is_frame)
		return in->is_wanted ? add_frame_line(in, text) : 0;
	return is_sample ? handle_sample(in, &sample)
			 : handle_other_line(in, line);
}

/*
 * A sample with frames ends in an empty line or, if somebody has trimmed the
 * text, in the entry function of a thread. In a text without either, the end is
 * unknown.
 */
static bool ends_in_sample(const struct importer *in)
{
	return in->in_sample && !in->has_joined_samples &&
	       (in->has_empty_lines || in->depth) && !reaches_entry(in);
}

static int take_lines(struct importer *in, const char *path)
{
	struct clinic_lines *lines;
	struct clinic_span line;
	char *text;
	int error = clinic_lines_open(&lines, path);
	int got = 0;

	if (error)
		return error;
	while (!error &&
	       (got = clinic_lines_next(lines, &text, &line.length)) > 0) {
		line.at = text;
		in->tally.is_cut = clinic_lines_is_cut(lines);
		/* An incomplete line may contain an incomplete name. */
		if (!in->tally.is_cut)
			error = handle_line(in, line);
	}
	in->tally.is_cut |= ends_in_sample(in);
	clinic_lines_close(lines);
	if (!error)
		error = got < 0 ? got : end_sample(in);
	return error;
}

static int describe(struct importer *in)
{
	struct clinic_session_metadata *metadata =
		clinic_session_metadata(in->session);
	struct clinic_quality *quality = clinic_session_quality(in->session);
	const struct clinic_sample *sample;
	uint32_t count;
	int error;

	sample = clinic_session_rows(in->session, CLINIC_SAMPLES, &count);
	metadata->frequency_hz = in->frequency_hz;
	metadata->exit_unknown = 1;
	metadata->started_ns = UINT64_MAX;
	for (uint32_t i = 0; i < count; i++) {
		metadata->started_ns =
			least(metadata->started_ns, sample[i].time_ns);
		metadata->ended_ns =
			most(metadata->ended_ns, sample[i].time_ns);
		quality->kernel_visible |=
			!!(sample[i].flags & CLINIC_SAMPLE_KERNEL);
	}
	error = clinic_session_text_id(in->session, "perf",
				       &metadata->backend_id);
	if (!error)
		error = clinic_session_text_id(in->session, in->tally.event,
					       &metadata->event_id);
	return error;
}

int clinic_perf_script_read(const char *path,
			    const struct clinic_format_options *options,
			    struct clinic_session *session,
			    struct clinic_why *why)
{
	struct importer *in = calloc(1, sizeof(*in));
	int error;

	if (!in)
		return -ENOMEM;
	*why->text = '\0';
	in->options = options;
	in->session = session;
	in->frequency_hz = options->frequency_hz;
	error = clinic_string_table_start(&in->lines);
	if (!error)
		error = take_lines(in, path);
	if (!error && !in->tally.event)
		error = clinic_perf_script_nothing(&in->tally, why);
	if (!error)
		error = describe(in);
	if (!error)
		error = clinic_perf_script_note(in->session, &in->tally);
	clinic_string_table_free(&in->lines);
	free(in->known);
	free(in->tally.event);
	free(in->tally.other_event);
	free(in);
	return error;
}
