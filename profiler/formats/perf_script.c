#include "formats/perf_script.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/line_reader.h"
#include "session/session.h"
#include "session/session_json.h"
#include "session/texts.h"

enum {
	DEPTH_MAX = 4096,
	NS_PER_S = 1000000000,
};

/* The kernel's half of the address space, on x86-64 and aarch64. */
#define KERNEL_ADDRESS (UINT64_C(1) << 63)

struct span {
	const char *at;
	size_t length;
};

/* A line with a frame, parsed once however often it comes. */
struct known_frame {
	struct clinic_frame frame;
	uint32_t id; /* 0: inlined, so its library is in a later line */
};

struct header {
	struct span comm;
	struct span event;
	struct span rest; /* a frame on the same line, or nothing */
	uint64_t time_ns;
	uint64_t period;
	uint32_t pid;
	uint32_t tid;
	uint16_t cpu;
};

struct importer {
	const struct clinic_perf_script_options *options;
	struct clinic_session *session;
	struct clinic_texts lines; /* of frames; known[] has their meaning */
	struct known_frame *known;
	uint32_t known_capacity;
	char *event; /* the one taken; NULL: none seen yet */
	char *other_event;
	uint64_t frequency_hz;
	uint64_t other_count;
	uint64_t unread_count; /* lines that made no sense */
	uint64_t cut_count;    /* frames past DEPTH_MAX */
	bool in_sample;
	bool is_wanted;
	struct clinic_sample sample;
	uint32_t depth;
	uint32_t frame[DEPTH_MAX]; /* lines, innermost first */
};

static bool span_is(struct span span, const char *text)
{
	return span.length == strlen(text) &&
	       !memcmp(span.at, text, span.length);
}

static bool span_begins(struct span span, const char *text)
{
	return span.length >= strlen(text) &&
	       !memcmp(span.at, text, strlen(text));
}

static struct span trim(struct span span)
{
	while (span.length && isspace((unsigned char)*span.at)) {
		span.at++;
		span.length--;
	}
	while (span.length && isspace((unsigned char)span.at[span.length - 1]))
		span.length--;
	return span;
}

/* Cuts the last blank-separated word off. */
static struct span take_last_word(struct span *from)
{
	struct span word;
	size_t start;

	*from = trim(*from);
	start = from->length;
	while (start && !isspace((unsigned char)from->at[start - 1]))
		start--;
	word = (struct span){from->at + start, from->length - start};
	from->length = start;
	return word;
}

static struct span take_first_word(struct span *from)
{
	struct span word;
	size_t length = 0;

	*from = trim(*from);
	while (length < from->length &&
	       !isspace((unsigned char)from->at[length]))
		length++;
	word = (struct span){from->at, length};
	from->at += length;
	from->length -= length;
	return word;
}

/* All of the span, or nothing. */
static bool to_number(struct span span, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < span.length; i++) {
		if (!isdigit((unsigned char)span.at[i]) ||
		    *value > UINT64_MAX / 10 - 9)
			return false;
		*value = *value * 10 + (uint64_t)(span.at[i] - '0');
	}
	return span.length > 0;
}

/* "1340.434060:" or, with --ns, nine digits behind the point. */
static bool to_time_ns(struct span word, uint64_t *time_ns)
{
	const char *point = memchr(word.at, '.', word.length);
	struct span seconds;
	struct span part;
	uint64_t whole;
	uint64_t fraction;

	if (!point || word.at[word.length - 1] != ':')
		return false;
	seconds = (struct span){word.at, (size_t)(point - word.at)};
	part = (struct span){point + 1, word.length - seconds.length - 2};
	if (part.length > 9 || !to_number(seconds, &whole) ||
	    !to_number(part, &fraction) || whole > UINT64_MAX / NS_PER_S - 1)
		return false;
	for (size_t digits = part.length; digits < 9; digits++)
		fraction *= 10;
	*time_ns = whole * NS_PER_S + fraction;
	return true;
}

/*
 * The word that is the time, searched from the right: a comm may hold
 * blanks, digits and colons, what follows the time rarely looks like one.
 */
static bool split_at_time(struct span line, struct span *before,
			  struct span *after, uint64_t *time_ns)
{
	for (struct span left = line; left.length;) {
		struct span word = take_last_word(&left);

		if (!word.length || !to_time_ns(word, time_ns))
			continue;
		*before = left;
		after->at = word.at + word.length;
		after->length = (size_t)(line.at + line.length - after->at);
		return true;
	}
	return false;
}

/* "comm pid/tid [cpu]", where pid/ and [cpu] may be missing. */
static bool parse_task(struct span before, struct header *h)
{
	struct span word = take_last_word(&before);
	const char *slash;
	uint64_t number;

	if (word.length > 2 && *word.at == '[' &&
	    word.at[word.length - 1] == ']') {
		if (!to_number((struct span){word.at + 1, word.length - 2},
			       &number))
			return false;
		h->cpu = (uint16_t)number;
		word = take_last_word(&before);
	}
	slash = memchr(word.at, '/', word.length);
	if (slash) {
		if (!to_number(
			    (struct span){word.at, (size_t)(slash - word.at)},
			    &number))
			return false;
		h->pid = (uint32_t)number;
		word.length -= (size_t)(slash + 1 - word.at);
		word.at = slash + 1;
	}
	if (!to_number(word, &number))
		return false;
	h->tid = (uint32_t)number;
	if (!slash)
		h->pid = h->tid;
	h->comm = trim(before);
	return true;
}

/* "period event:", where period may be missing. */
static bool parse_event(struct span after, struct header *h)
{
	struct span word = take_first_word(&after);

	h->period = 0;
	if (to_number(word, &h->period))
		word = take_first_word(&after);
	if (word.length < 2 || word.at[word.length - 1] != ':')
		return false;
	h->event = (struct span){word.at, word.length - 1};
	h->rest = trim(after);
	return true;
}

static int take_event_name(char **name, struct span event)
{
	if (!*name)
		*name = strndup(event.at, event.length);
	return *name ? 0 : -ENOMEM;
}

static bool measures_cpu_time(struct span event)
{
	static const char *const names[] = {
		"cpu-clock",  "task-clock",      "cycles",
		"cpu-cycles", "cpu_core/cycles", "cpu_atom/cycles"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (span_begins(event, names[i]))
			return true;
	return false;
}

static bool is_clock(struct span event)
{
	return span_begins(event, "cpu-clock") ||
	       span_begins(event, "task-clock");
}

/* perf prints cpu-clock:u or cpu-clock:pppH for what was asked as cpu-clock. */
static bool is_event(struct span event, const char *name)
{
	const char *colon = memchr(event.at, ':', event.length);
	struct span plain = {event.at,
			     colon ? (size_t)(colon - event.at) : event.length};

	return span_is(event, name) || span_is(plain, name);
}

static bool wants_event(const struct importer *in, struct span event)
{
	if (in->options->event)
		return is_event(event, in->options->event);
	return in->event ? span_is(event, in->event) : measures_cpu_time(event);
}

static uint64_t weight_ns(const struct importer *in, const struct header *h)
{
	/* A period of 1 is "one event": perf record -c 1, or no period. */
	if (is_clock(h->event) && h->period > 1)
		return h->period;
	return in->frequency_hz ? NS_PER_S / in->frequency_hz : 0;
}

static int thread_of(struct importer *in, const struct header *h, uint32_t *id)
{
	char name[64];
	size_t length = h->comm.length < sizeof(name) ? h->comm.length
						      : sizeof(name) - 1;

	memcpy(name, h->comm.at, length);
	name[length] = '\0';
	return clinic_session_thread_id(in->session, h->pid, h->tid, name, id);
}

/* "PERF_RECORD_LOST lost 12" and PERF_RECORD_LOST_SAMPLES. */
static bool count_loss(struct importer *in, struct span record)
{
	uint64_t count;

	if (!span_begins(record, "PERF_RECORD_LOST"))
		return false;
	if (to_number(take_last_word(&record), &count))
		clinic_session_quality(in->session)->lost_count += count;
	return true;
}

/* The rest of a header line that begins with `label`. */
static int take_text(struct importer *in, struct span line, const char *label,
		     uint32_t *id)
{
	struct span text = trim((struct span){line.at + strlen(label),
					      line.length - strlen(label)});

	return clinic_session_text_n_id(in->session, text.at, text.length, id);
}

/* perf script --header: what it was run with. */
static int parse_comment(struct importer *in, struct span line)
{
	static const char command[] = "# cmdline : ";
	static const char host[] = "# hostname : ";
	static const char frequency[] = "{ sample_period, sample_freq } = ";
	struct clinic_about *about = clinic_session_about(in->session);
	const char *found;

	if (span_begins(line, command))
		return take_text(in, line, command, &about->command_id);
	if (span_begins(line, host))
		return take_text(in, line, host, &about->host_id);
	found = strstr(line.at, frequency);
	if (found && strstr(line.at, " freq = 1") && !in->frequency_hz)
		in->frequency_hz =
			strtoull(found + strlen(frequency), NULL, 10);
	return 0;
}

/* "(/usr/lib/x.so)", also "(/tmp/a (deleted))": the last balanced pair. */
static struct span take_last_parentheses(struct span *from)
{
	size_t at = from->length;
	int depth = 0;

	if (!at || from->at[at - 1] != ')')
		return (struct span){from->at, 0};
	while (at--) {
		depth += from->at[at] == ')' ? 1 : from->at[at] == '(' ? -1 : 0;
		if (!depth)
			break;
	}
	if (depth || (at && from->at[at - 1] != ' '))
		return (struct span){from->at, 0};
	struct span inside = {from->at + at + 1, from->length - at - 2};

	from->length = at;
	*from = trim(*from);
	return inside;
}

static struct span without_offset(struct span symbol)
{
	for (size_t i = symbol.length; i-- > 0;) {
		if (symbol.at[i] == '+' && i + 2 < symbol.length &&
		    symbol.at[i + 1] == '0' && symbol.at[i + 2] == 'x')
			return (struct span){symbol.at, i};
		if (!isxdigit((unsigned char)symbol.at[i]) &&
		    symbol.at[i] != 'x')
			break;
	}
	return symbol;
}

static int library_of(struct importer *in, struct span dso, uint32_t *id)
{
	char *path;
	int error;

	*id = 0;
	if (!dso.length || span_is(dso, "[unknown]"))
		return 0;
	path = strndup(dso.at, dso.length);
	if (!path)
		return -ENOMEM;
	error = clinic_session_library_id(in->session, path, NULL, id);
	free(path);
	return error;
}

/* "    7f12 symbol+0x10 (/usr/lib/x.so)" or "    7f12 symbol (inlined)". */
static int parse_frame(struct importer *in, struct span line,
		       struct known_frame *known)
{
	struct clinic_frame *frame = &known->frame;
	struct span address = take_first_word(&line);
	struct span dso = take_last_parentheses(&line);
	struct span symbol = without_offset(trim(line));
	char *end;
	int error;

	*known = (struct known_frame){.frame.tier = CLINIC_TIER_IMPORTED};
	frame->address = strtoull(address.at, &end, 16);
	if (end != address.at + address.length)
		return -EBADMSG;
	if (span_is(dso, "inlined")) {
		frame->inlined = 1;
		dso.length = 0;
	}
	if (frame->address >= KERNEL_ADDRESS || span_begins(dso, "[kernel"))
		frame->tier = CLINIC_TIER_KERNEL;
	error = library_of(in, dso, &frame->library_id);
	if (error)
		return error;
	if (!symbol.length || span_is(symbol, "[unknown]")) {
		frame->tier = CLINIC_TIER_NONE;
		return 0;
	}
	/* perf's addresses differ in kind by version; a name needs none. */
	frame->address = 0;
	return clinic_session_text_n_id(in->session, symbol.at, symbol.length,
					&frame->function_id);
}

static int remember_frame(struct importer *in, struct span line, uint32_t id)
{
	struct known_frame *known;
	int error;

	if (id >= in->known_capacity) {
		uint32_t capacity = in->lines.capacity;

		known = realloc(in->known, capacity * sizeof(*known));
		if (!known)
			return -ENOMEM;
		in->known = known;
		in->known_capacity = capacity;
	}
	known = &in->known[id];
	error = parse_frame(in, line, known);
	if (!error && !known->frame.inlined)
		error = clinic_session_frame_id(in->session, &known->frame,
						&known->id);
	return error;
}

static int add_frame_line(struct importer *in, struct span line)
{
	uint32_t seen = in->lines.count;
	uint32_t id;
	int error;

	if (in->depth == DEPTH_MAX) {
		in->cut_count++;
		return 0;
	}
	error = clinic_texts_id(&in->lines, line.at, line.length, &id);
	if (!error && id == seen)
		error = remember_frame(in, line, id);
	if (!error)
		in->frame[in->depth++] = id;
	return error;
}

/* From the outermost in, so an inlined frame's library is already known. */
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

static bool reaches_entry(const struct importer *in)
{
	static const char *const entries[] = {"_start",
					      "__libc_start_main",
					      "__libc_start_call_main",
					      "clone",
					      "clone3",
					      "__clone",
					      "__clone3",
					      "start_thread",
					      "thread_start",
					      "_dl_start_user",
					      "ret_from_fork",
					      "ret_from_fork_asm",
					      "secondary_startup_64_no_verify"};
	const struct known_frame *outermost;
	const char *name;

	if (!in->depth || in->depth == DEPTH_MAX)
		return false;
	outermost = &in->known[in->frame[in->depth - 1]];
	name = clinic_session_text(in->session, outermost->frame.function_id);
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++)
		if (!strncmp(name, entries[i], strlen(entries[i])))
			return true;
	return false;
}

static uint16_t flags_of(const struct importer *in)
{
	bool in_kernel = in->depth && in->known[in->frame[0]].frame.tier ==
					      CLINIC_TIER_KERNEL;

	return (uint16_t)((reaches_entry(in) ? 0 : CLINIC_SAMPLE_TRUNCATED) |
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
	return clinic_session_add_sample(in->session, &in->sample);
}

static int begin_sample(struct importer *in, const struct header *h)
{
	int error = end_sample(in);

	if (error)
		return error;
	in->in_sample = true;
	in->depth = 0;
	in->is_wanted = wants_event(in, h->event);
	if (!in->is_wanted) {
		in->other_count++;
		return take_event_name(&in->other_event, h->event);
	}
	in->sample = (struct clinic_sample){.time_ns = h->time_ns,
					    .weight_ns = weight_ns(in, h),
					    .cpu = h->cpu};
	error = take_event_name(&in->event, h->event);
	if (!error)
		error = thread_of(in, h, &in->sample.thread_id);
	if (!error && h->rest.length)
		error = add_frame_line(in, h->rest);
	return error;
}

static int take_header_line(struct importer *in, struct span line)
{
	struct header h = {0};
	struct span before;
	struct span after;

	if (!split_at_time(line, &before, &after, &h.time_ns) ||
	    !parse_task(before, &h))
		goto unread;
	if (span_begins(trim(after), "PERF_RECORD_")) {
		count_loss(in, trim(after));
		return end_sample(in);
	}
	if (!parse_event(after, &h))
		goto unread;
	return begin_sample(in, &h);
unread:
	in->unread_count++;
	return end_sample(in);
}

static bool is_frame_line(const struct importer *in, struct span line)
{
	struct span word;

	if (!in->in_sample || !isspace((unsigned char)*line.at))
		return false;
	word = take_first_word(&line);
	for (size_t i = 0; i < word.length; i++)
		if (!isxdigit((unsigned char)word.at[i]))
			return false;
	return word.length > 0;
}

static int take_line(struct importer *in, struct span line)
{
	int error;

	if (!trim(line).length)
		return end_sample(in);
	if (*line.at == '#')
		return parse_comment(in, line);
	if (!is_frame_line(in, line))
		return take_header_line(in, line);
	if (!in->is_wanted)
		return 0;
	error = add_frame_line(in, trim(line));
	return error;
}

static int take_lines(struct importer *in, const char *path)
{
	struct clinic_lines *lines;
	struct span line;
	char *text;
	int error = clinic_lines_open(&lines, path);
	int got = 0;

	if (error)
		return error;
	while (!error &&
	       (got = clinic_lines_next(lines, &text, &line.length)) > 0) {
		line.at = text;
		error = take_line(in, line);
	}
	clinic_lines_close(lines);
	if (!error)
		error = got < 0 ? got : end_sample(in);
	return error;
}

__attribute__((format(printf, 3, 4))) static int
note(struct importer *in, bool is_warning, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return clinic_session_add_note(in->session, is_warning, text);
}

static int describe(struct importer *in)
{
	struct clinic_about *about = clinic_session_about(in->session);
	struct clinic_quality *quality = clinic_session_quality(in->session);
	const struct clinic_sample *sample;
	uint32_t count;
	int error;

	sample = clinic_session_rows(in->session, CLINIC_SAMPLES, &count);
	about->frequency_hz = in->frequency_hz;
	about->started_ns = sample[0].time_ns;
	about->ended_ns = sample[count - 1].time_ns;
	for (uint32_t i = 0; i < count; i++)
		quality->kernel_visible |=
			!!(sample[i].flags & CLINIC_SAMPLE_KERNEL);
	error = clinic_session_text_id(in->session, "perf", &about->backend_id);
	if (!error)
		error = clinic_session_text_id(in->session, in->event,
					       &about->event_id);
	return error;
}

static int add_notes(struct importer *in)
{
	const struct clinic_sample *sample;
	uint32_t count;
	int error = 0;

	sample = clinic_session_rows(in->session, CLINIC_SAMPLES, &count);
	if (in->other_count)
		error = note(in, false,
			     "%" PRIu64 " samples of other events "
			     "(%s) were left out",
			     in->other_count, in->other_event);
	if (!error && in->unread_count)
		error = note(in, true,
			     "%" PRIu64 " lines of the perf script "
			     "text made no sense",
			     in->unread_count);
	if (!error && in->cut_count)
		error = note(in, true,
			     "%" PRIu64 " frames deeper than %d were "
			     "cut off",
			     in->cut_count, DEPTH_MAX);
	if (!error && !sample[0].weight_ns)
		error = note(in, true,
			     "the event %s has no period in "
			     "nanoseconds and no frequency is known: shares "
			     "count samples",
			     in->event);
	return error;
}

static int nothing_found(const struct importer *in, struct clinic_why *why)
{
	if (in->other_count)
		snprintf(why->text, sizeof(why->text),
			 "it holds %" PRIu64
			 " samples of other events, such as %s; name one with "
			 "--event",
			 in->other_count, in->other_event);
	else
		snprintf(why->text, sizeof(why->text),
			 "it holds no samples; "
			 "is it the text of `perf script -F comm,pid,tid,cpu,"
			 "time,period,event,ip,sym,dso`?");
	return -ENODATA;
}

int clinic_perf_script_read(const char *path,
			    const struct clinic_perf_script_options *options,
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
	error = clinic_texts_start(&in->lines);
	if (!error)
		error = take_lines(in, path);
	if (!error && !in->event)
		error = nothing_found(in, why);
	if (!error)
		error = describe(in);
	if (!error)
		error = add_notes(in);
	clinic_texts_free(&in->lines);
	free(in->known);
	free(in->event);
	free(in->other_event);
	free(in);
	return error;
}
