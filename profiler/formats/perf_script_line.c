/* Parses lines of perf script, with whichever fields they have. */
#include "formats/perf_script_line.h"

#include <ctype.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
/* The kernel's half of the address space, on x86-64 and aarch64. */
#define KERNEL_ADDRESS (UINT64_C(1) << 63)
/* An empty span has the length 0 and a valid address. */
#define EMPTY                                                                  \
	{                                                                      \
		"", 0                                                          \
	}

static const struct clinic_perf_sample_line no_fields = {
	.comm = EMPTY, .event = EMPTY, .record = EMPTY, .rest = EMPTY};

/* Parses "1340.434060:"; with --ns, there are nine digits after the point. */
static bool to_time_ns(struct clinic_span word, uint64_t *time_ns)
{
	const char *point = memchr(word.at, '.', word.length);
	struct clinic_span seconds;
	struct clinic_span part;
	uint64_t whole;
	uint64_t fraction;

	if (!point || word.at[word.length - 1] != ':')
		return false;
	seconds = (struct clinic_span){word.at, (size_t)(point - word.at)};
	part = (struct clinic_span){point + 1,
				    word.length - seconds.length - 2};
	if (part.length > 9 || !clinic_span_number(seconds, &whole) ||
	    !clinic_span_number(part, &fraction) ||
	    whole > UINT64_MAX / NS_PER_S - 1)
		return false;
	for (size_t digits = part.length; digits < 9; digits++)
		fraction *= 10;
	*time_ns = whole * NS_PER_S + fraction;
	return true;
}

static bool split_at_time(struct clinic_span line, struct clinic_span *before,
			  struct clinic_span *after, uint64_t *time_ns)
{
	for (struct clinic_span left = line; left.length;) {
		struct clinic_span word = clinic_span_take_last(&left);

		if (!word.length || !to_time_ns(word, time_ns))
			continue;
		*before = left;
		after->at = word.at + word.length;
		after->length = (size_t)(line.at + line.length - after->at);
		return true;
	}
	return false;
}

static bool to_address(struct clinic_span word, uint64_t *address)
{
	static const char digits[] = "0123456789abcdef";

	*address = 0;
	for (size_t i = 0; i < word.length; i++) {
		const char *digit =
			memchr(digits, word.at[i], sizeof(digits) - 1);

		if (!digit)
			return false;
		*address = *address << 4 | (uint64_t)(digit - digits);
	}
	return word.length > 0;
}

/* Is it empty, or a frame on the same line? */
static bool is_frame_or_empty(struct clinic_span rest)
{
	uint64_t address;

	return !rest.length ||
	       to_address(clinic_span_take_first(&rest), &address);
}

/* Parses "[001]" at the end, and removes it. */
static bool split_cpu(struct clinic_span *before, uint16_t *cpu)
{
	struct clinic_span left = *before;
	struct clinic_span word = clinic_span_take_last(&left);
	uint64_t number;

	if (word.length < 3 || *word.at != '[' ||
	    word.at[word.length - 1] != ']' ||
	    !clinic_span_number(
		    (struct clinic_span){word.at + 1, word.length - 2},
		    &number))
		return false;
	*cpu = (uint16_t)number;
	*before = left;
	return true;
}

/* Removes the field misc, which is one or two letters for the mode. */
static void split_misc(struct clinic_span *before)
{
	static const char letters[] = "KUHGgEMSFXL";
	struct clinic_span left = *before;
	struct clinic_span word = clinic_span_take_last(&left);
	struct clinic_span behind = left;
	uint64_t number;
	uint16_t cpu;

	for (size_t i = 0; i < word.length; i++)
		if (word.length > 2 || !strchr(letters, word.at[i]))
			return;
	if (clinic_span_number(clinic_span_take_last(&behind), &number) ||
	    split_cpu(&left, &cpu))
		before->length = (size_t)(word.at - before->at);
}

/* Parses "4242/4250" or "4250" at the end, and removes it. */
static bool split_ids(struct clinic_span *before,
		      struct clinic_perf_sample_line *h)
{
	struct clinic_span left = *before;
	struct clinic_span word = clinic_span_take_last(&left);
	const char *slash = memchr(word.at, '/', word.length);
	struct clinic_span pid = {word.at,
				  slash ? (size_t)(slash - word.at) : 0};
	uint64_t tid_number, pid_number;

	if (slash) {
		word.length -= pid.length + 1;
		word.at = slash + 1;
	}
	if (!clinic_span_number(word, &tid_number) ||
	    (slash && !clinic_span_number(pid, &pid_number)))
		return false;
	h->tid = (uint32_t)tid_number;
	h->pid = slash ? (uint32_t)pid_number : h->tid;
	*before = left;
	return true;
}

/* Parses "comm pid/tid [cpu]", of which each part may be missing. */
static void parse_task(struct clinic_span before,
		       struct clinic_perf_sample_line *h)
{
	split_misc(&before);
	(void)split_cpu(&before, &h->cpu);
	h->has_ids = split_ids(&before, h);
	h->comm = clinic_span_trim(before);
}

/* Parses "event: frame", of which each part may be missing. */
static bool split_event(struct clinic_span after,
			struct clinic_perf_sample_line *h)
{
	struct clinic_span all = clinic_span_trim(after);
	struct clinic_span word = clinic_span_take_first(&after);

	h->rest = all;
	if (word.length < 2 || word.at[word.length - 1] != ':')
		return is_frame_or_empty(all);
	h->event = (struct clinic_span){word.at, word.length - 1};
	h->rest = clinic_span_trim(after);
	return true;
}

/*
 * Likewise with a period before the event; a number may also be the address of
 * a frame.
 */
static bool parse_event(struct clinic_span after,
			struct clinic_perf_sample_line *h)
{
	struct clinic_span behind = after;

	if (clinic_span_number(clinic_span_take_first(&behind), &h->period) &&
	    split_event(behind, h))
		return true;
	h->period = 0;
	return split_event(after, h);
}

/* perf prints a period at least this wide, and ids less wide. */
enum { PERIOD_WIDTH = 10 };

/* Parses " 250000" at the end, and removes it. */
static void split_period(struct clinic_span *before,
			 struct clinic_perf_sample_line *h)
{
	struct clinic_span left = *before;
	struct clinic_span word = clinic_span_take_last(&left);
	struct clinic_span task = clinic_span_trim(left);
	size_t width =
		(size_t)(word.at + word.length - (task.at + task.length));

	if (width > PERIOD_WIDTH && task.length &&
	    clinic_span_number(word, &h->period))
		*before = left;
}

/*
 * Parses "comm pid/tid [cpu] period event: frame" without a time. The event is
 * the first word that ends in a colon and has the number of a thread before it.
 */
static bool parse_untimed(struct clinic_span line,
			  struct clinic_perf_sample_line *h)
{
	for (struct clinic_span rest = line; rest.length;) {
		struct clinic_span word = clinic_span_take_first(&rest);
		struct clinic_span before = {line.at,
					     (size_t)(word.at - line.at)};

		if (word.length < 2 || word.at[word.length - 1] != ':')
			continue;
		*h = no_fields;
		split_period(&before, h);
		parse_task(before, h);
		h->event = (struct clinic_span){word.at, word.length - 1};
		h->rest = clinic_span_trim(rest);
		if (h->has_ids && is_frame_or_empty(h->rest))
			return true;
	}
	return false;
}

/*
 * Removes the last balanced pair of parentheses: "(/usr/lib/x.so)", but also
 * "(/tmp/a (deleted))". Returns what is inside.
 */
static struct clinic_span split_last_parentheses(struct clinic_span *from)
{
	size_t at = from->length;
	int depth = 0;

	if (!at || from->at[at - 1] != ')')
		return (struct clinic_span){from->at, 0};
	while (at--) {
		depth += from->at[at] == ')' ? 1 : from->at[at] == '(' ? -1 : 0;
		if (!depth)
			break;
	}
	if (depth || (at && from->at[at - 1] != ' '))
		return (struct clinic_span){from->at, 0};
	struct clinic_span inside = {from->at + at + 1, from->length - at - 2};

	from->length = at;
	*from = clinic_span_trim(*from);
	return inside;
}

static struct clinic_span without_offset(struct clinic_span symbol)
{
	for (size_t i = symbol.length; i-- > 0;) {
		if (symbol.at[i] == '+' && i + 2 < symbol.length &&
		    symbol.at[i + 1] == '0' && symbol.at[i + 2] == 'x')
			return (struct clinic_span){symbol.at, i};
		if (!isxdigit((unsigned char)symbol.at[i]) &&
		    symbol.at[i] != 'x')
			break;
	}
	return symbol;
}

bool clinic_perf_sample_line_parse(struct clinic_span line,
				   struct clinic_perf_sample_line *sample)
{
	struct clinic_span before;
	struct clinic_span after;

	*sample = no_fields;
	if (!split_at_time(line, &before, &after, &sample->time_ns))
		return parse_untimed(line, sample);
	sample->has_time = true;
	parse_task(before, sample);
	after = clinic_span_trim(after);
	if (!clinic_span_begins(after, "PERF_RECORD_"))
		return parse_event(after, sample);
	sample->record = after;
	return true;
}

bool clinic_perf_frame_line_parse(struct clinic_span line,
				  struct clinic_perf_frame_line *frame)
{
	struct clinic_span word = clinic_span_take_first(&line);

	*frame = (struct clinic_perf_frame_line){.symbol = EMPTY, .dso = EMPTY};
	if (!to_address(word, &frame->address))
		return false;
	line = clinic_span_trim(line);
	frame->dso = split_last_parentheses(&line);
	frame->symbol = without_offset(clinic_span_trim(line));
	frame->is_inlined = clinic_span_is(frame->dso, "inlined");
	frame->is_kernel = frame->address >= KERNEL_ADDRESS ||
			   clinic_span_begins(frame->dso, "[kernel");
	if (frame->is_inlined || clinic_span_is(frame->dso, "[unknown]"))
		frame->dso.length = 0;
	if (clinic_span_is(frame->symbol, "[unknown]"))
		frame->symbol.length = 0;
	return true;
}
