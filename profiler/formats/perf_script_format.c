/* Registers the text of `perf script` as a format, and recognises it. */
#include <string.h>

#include "formats/format.h"
#include "formats/perf_script.h"
#include "formats/perf_script_line.h"

/* The output of perf script --header begins like this. */
static bool is_heading(struct clinic_span line)
{
	return clinic_span_begins(line, "# ========") ||
	       clinic_span_begins(line, "# captured on") ||
	       clinic_span_begins(line, "# cmdline : ");
}

static bool is_known(struct clinic_span line)
{
	struct clinic_perf_sample_line sample;

	if (is_heading(line))
		return true;
	/*
	 * The importer may guess what an incomplete line means; here, nothing
	 * is guessed.
	 */
	return clinic_perf_sample_line_parse(line, &sample) &&
	       (sample.has_ids || sample.event.length) &&
	       (sample.has_time || sample.event.length);
}

/* Other lines may come before the text, and the last line may be cut short. */
static bool recognises(const void *head, size_t bytes)
{
	const char *at = head;
	const char *end = at + bytes;

	if (bytes && (*at == '{' || *at == '[' || *at == '<'))
		return false;
	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		struct clinic_span line = {at,
					   (size_t)((feed ? feed : end) - at)};

		if (is_known(line))
			return true;
		at += line.length + 1;
	}
	return false;
}

static const struct clinic_format perf_script = {
	.name = "perf-script",
	.suffix = ".perf.txt",
	.summary = "the text of perf script -F "
		   "comm,pid,tid,time,period,event,ip,sym,dso",
	.tables_kept = 1u << CLINIC_LIBRARIES | 1u << CLINIC_FRAMES |
		       1u << CLINIC_STACKS | 1u << CLINIC_THREADS |
		       1u << CLINIC_SAMPLES,
	.recognises = recognises,
	.read = clinic_perf_script_read,
};
CLINIC_FORMAT(perf_script);
