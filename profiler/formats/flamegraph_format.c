/* Registers the flame graph as a format, and writes the text below it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "formats/flamegraph.h"
#include "formats/format.h"

enum { SUBTITLE_BYTES = 256 };

/* Describes what the numbers are, and how reliable they are. */
static void describe_one(const struct clinic_session *session,
			 const struct clinic_format_options *options,
			 const struct clinic_call_tree *tree, char *text)
{
	const struct clinic_session_metadata *metadata =
		clinic_session_get_metadata(session);
	double seconds = (double)clinic_session_duration_ns(session) / 1e9;
	uint32_t count;

	clinic_session_rows(session, CLINIC_SAMPLES, &count);
	if (clinic_weight_is_sampled(options->weight))
		snprintf(text, SUBTITLE_BYTES,
			 "%" PRIu32 " samples of %s by %s over %.1f s, %" PRIu64
			 " lost",
			 count,
			 clinic_session_text(session, metadata->event_id),
			 clinic_session_text(session, metadata->backend_id),
			 seconds,
			 clinic_session_get_quality(session)->lost_count);
	else
		snprintf(text, SUBTITLE_BYTES,
			 "%" PRIu64 " %s over %.1f s, counted",
			 tree->node[0].total[0],
			 clinic_weight_unit(options->weight), seconds);
}

static const char *title_of(const struct clinic_session *session,
			    const struct clinic_format_options *options)
{
	const char *command = clinic_session_text(
		session, clinic_session_get_metadata(session)->command_id);

	if (options->title)
		return options->title;
	if (options->base)
		return "What has changed";
	return *command || !options->source ? command : options->source;
}

static int write_tree(const struct clinic_session *session,
		      const struct clinic_format_options *options,
		      const struct clinic_call_tree *tree, const char *path)
{
	char subtitle[SUBTITLE_BYTES];
	const struct clinic_flamegraph_options drawing = {
		.title = title_of(session, options),
		.subtitle = subtitle,
		.weight = options->weight,
		.is_icicle = options->is_icicle,
		.is_difference = options->base != NULL,
	};

	if (options->base)
		snprintf(subtitle, sizeof(subtitle), "base %.100s, new %.100s",
			 options->base_source, options->source);
	else
		describe_one(session, options, tree, subtitle);
	return clinic_flamegraph_write(tree, &drawing, path);
}

static int write_flamegraph(const struct clinic_session *session,
			    const struct clinic_format_options *options,
			    const char *path)
{
	struct clinic_call_tree tree;
	int error = clinic_call_tree_make(&tree, options->base, session,
					  options->weight);

	if (!error)
		error = write_tree(session, options, &tree, path);
	clinic_call_tree_free(&tree);
	return error;
}

static const struct clinic_format flamegraph = {
	.name = "flamegraph",
	.suffix = ".svg",
	.summary = "flame graph: a picture anywhere, interactive in a browser",
	.shows_difference = true,
	.write = write_flamegraph,
};
CLINIC_FORMAT(flamegraph);
