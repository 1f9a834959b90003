#include "formats/perf_script_line.h"

#include <ctype.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
/* The kernel's half of the address space, on x86-64 and aarch64. */
#define KERNEL_ADDRESS (UINT64_C(1) << 63)

/* "1340.434060:" or, with --ns, nine digits behind the point. */
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

/* "comm pid/tid [cpu]", where pid/ and [cpu] may be missing. */
static bool parse_task(struct clinic_span before,
		       struct clinic_perf_sample_line *h)
{
	struct clinic_span word = clinic_span_take_last(&before);
	const char *slash;
	uint64_t number;

	if (word.length > 2 && *word.at == '[' &&
	    word.at[word.length - 1] == ']') {
		if (!clinic_span_number(
			    (struct clinic_span){word.at + 1, word.length - 2},
			    &number))
			return false;
		h->cpu = (uint16_t)number;
		word = clinic_span_take_last(&before);
	}
	slash = memchr(word.at, '/', word.length);
	if (slash) {
		if (!clinic_span_number(
			    (struct clinic_span){word.at,
						 (size_t)(slash - word.at)},
			    &number))
			return false;
		h->pid = (uint32_t)number;
		word.length -= (size_t)(slash + 1 - word.at);
		word.at = slash + 1;
	}
	if (!clinic_span_number(word, &number))
		return false;
	h->tid = (uint32_t)number;
	if (!slash)
		h->pid = h->tid;
	h->comm = clinic_span_trim(before);
	return true;
}

/* "period event:", where period may be missing. */
static bool parse_event(struct clinic_span after,
			struct clinic_perf_sample_line *h)
{
	struct clinic_span word = clinic_span_take_first(&after);

	h->period = 0;
	if (clinic_span_number(word, &h->period))
		word = clinic_span_take_first(&after);
	if (word.length < 2 || word.at[word.length - 1] != ':')
		return false;
	h->event = (struct clinic_span){word.at, word.length - 1};
	h->rest = clinic_span_trim(after);
	return true;
}

/* "(/usr/lib/x.so)", also "(/tmp/a (deleted))": the last balanced pair. */
static struct clinic_span take_last_parentheses(struct clinic_span *from)
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

	*sample = (struct clinic_perf_sample_line){0};
	if (!split_at_time(line, &before, &after, &sample->time_ns) ||
	    !parse_task(before, sample))
		return false;
	after = clinic_span_trim(after);
	if (!clinic_span_begins(after, "PERF_RECORD_"))
		return parse_event(after, sample);
	sample->record = after;
	return true;
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

bool clinic_perf_frame_line_parse(struct clinic_span line,
				  struct clinic_perf_frame_line *frame)
{
	struct clinic_span word = clinic_span_take_first(&line);

	*frame = (struct clinic_perf_frame_line){0};
	if (!to_address(word, &frame->address))
		return false;
	line = clinic_span_trim(line);
	frame->dso = take_last_parentheses(&line);
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
