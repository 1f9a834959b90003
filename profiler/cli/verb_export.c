#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "formats/collapsed.h"
#include "formats/flamegraph.h"
#include "session/call_tree.h"
#include "session/session.h"
#include "session/session_json.h"

static const struct clinic_usage usage = {
	.line = "export FILE -o OUT",
	.text = "The suffix of OUT chooses the format, .gz behind it gzips:\n"
		"  .svg         flame graph: a picture anywhere, interactive in "
		"a browser\n"
		"  .collapsed   one line per stack, for other tools\n"
		"  .json        a session, of the newest schema\n"
		"Weights: cpu, samples, allocations, bytes, peak, leaked, wait, "
		"offcpu.\n",
	.operands_min = 1,
	.operands_max = 1,
};

struct request {
	const char *input;
	const char *output;
	const char *title;
	const char *weight_name;
	bool is_icicle;
	struct clinic_session *session;
	enum clinic_weight weight;
};

typedef int write_function(const struct request *request);

static int with_tree(const struct request *request,
		     int (*write)(const struct request *request,
				  const struct clinic_call_tree *tree))
{
	struct clinic_call_tree tree;
	int error = clinic_call_tree_start(&tree, false);

	if (!error)
		error = clinic_call_tree_add(&tree, 0, request->session,
					     request->weight);
	if (!error) {
		clinic_call_tree_sum(&tree);
		error = write(request, &tree);
	}
	clinic_call_tree_free(&tree);
	return error;
}

static int write_collapsed_tree(const struct request *request,
				const struct clinic_call_tree *tree)
{
	return clinic_collapsed_write(tree, 1, request->output);
}

static void describe(const struct request *request,
		     const struct clinic_call_tree *tree, char *text,
		     size_t size)
{
	struct clinic_session *session = request->session;
	const struct clinic_about *about = clinic_session_about(session);
	double seconds = (double)clinic_session_duration_ns(session) / 1e9;
	uint32_t count;

	clinic_session_rows(session, CLINIC_SAMPLES, &count);
	if (clinic_weight_is_sampled(request->weight))
		snprintf(text, size,
			 "%" PRIu32 " samples of %s by %s over %.1f s, %" PRIu64
			 " lost",
			 count, clinic_session_text(session, about->event_id),
			 clinic_session_text(session, about->backend_id),
			 seconds, clinic_session_quality(session)->lost_count);
	else
		snprintf(text, size, "%" PRIu64 " %s over %.1f s, counted",
			 tree->node[0].total[0],
			 clinic_weight_unit(request->weight), seconds);
}

static int write_flamegraph_tree(const struct request *request,
				 const struct clinic_call_tree *tree)
{
	char subtitle[200];
	struct clinic_flamegraph_options options = {
		.title = request->title,
		.subtitle = subtitle,
		.weight = request->weight,
		.is_icicle = request->is_icicle,
	};

	describe(request, tree, subtitle, sizeof(subtitle));
	if (!options.title)
		options.title = clinic_session_text(
			request->session,
			clinic_session_about(request->session)->command_id);
	if (!*options.title)
		options.title = request->input;
	return clinic_flamegraph_write(tree, &options, request->output);
}

static int write_collapsed(const struct request *request)
{
	return with_tree(request, write_collapsed_tree);
}

static int write_flamegraph(const struct request *request)
{
	return with_tree(request, write_flamegraph_tree);
}

static int write_session(const struct request *request)
{
	return clinic_session_write(request->session, request->output);
}

static const struct {
	const char *suffix;
	write_function *write;
} formats[] = {
	{".svg", write_flamegraph},
	{".collapsed", write_collapsed},
	{".json", write_session},
};
enum { FORMATS_COUNT = sizeof(formats) / sizeof(*formats) };

static write_function *format_of(const char *path)
{
	for (size_t i = 0; i < FORMATS_COUNT; i++)
		if (clinic_has_suffix(path, formats[i].suffix))
			return formats[i].write;
	return NULL;
}

static int unknown_suffix(const char *path)
{
	char known[128] = "";

	for (size_t i = 0; i < FORMATS_COUNT; i++) {
		strcat(known, " ");
		strcat(known, formats[i].suffix);
	}
	return clinic_complain("no format has the suffix of %s; known are%s",
			       path, known);
}

static int export_session(struct request *request, write_function *write)
{
	int status = clinic_open_session(request->input, &request->session);
	int error;

	if (status)
		return status;
	request->weight = clinic_weight_default(request->session);
	if (request->weight_name)
		clinic_weight_find(request->weight_name, &request->weight);
	error = write(request);
	if (error == -ENODATA)
		status = clinic_complain("%s has no %s to draw; another "
					 "--weight may have",
					 request->input,
					 clinic_weight_name(request->weight));
	else
		status = clinic_written(request->output, error);
	clinic_session_free(request->session);
	return status;
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	const struct clinic_option options[] = {
		{'o', "output", "OUT", CLINIC_OPTION_TEXT, &request.output,
		 "where to write; the suffix chooses the format"},
		{'w', "weight", "NAME", CLINIC_OPTION_TEXT,
		 &request.weight_name,
		 "what width means (default: what there "
		 "is, cpu first)"},
		{'t', "title", "TEXT", CLINIC_OPTION_TEXT, &request.title,
		 "of the picture (default: the command)"},
		{0, "icicle", NULL, CLINIC_OPTION_FLAG, &request.is_icicle,
		 "the root on top"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);

	if (at < 0)
		return clinic_options_exit(at);
	request.input = argv[at];
	if (!request.output)
		return clinic_complain("where should it go? say -o out.svg");
	if (!format_of(request.output))
		return unknown_suffix(request.output);
	if (request.weight_name &&
	    !clinic_weight_find(request.weight_name, &request.weight))
		return clinic_complain("there is no weight '%s'; see `clinic "
				       "help export`",
				       request.weight_name);
	return export_session(&request, format_of(request.output));
}

static const struct clinic_verb verb = {
	.name = "export",
	.summary = "a flame graph or another format from a session",
	.run = run,
};
CLINIC_VERB(verb);
