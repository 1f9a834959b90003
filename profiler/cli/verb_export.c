/* Runs `clinic export`: writes a file that can be read in another format. */
#include <stdbool.h>
#include <stdio.h>

#include "cli/session_files.h"
#include "cli/verb.h"
#include "session/instrument_time.h"
#include "session/session.h"

struct request {
	const char *output;
	const char *weight_name;
	const char *format_name;
	const struct clinic_format *format;
	bool is_instrument_left_out;
	struct clinic_format_options writing;
};

static int export_session(struct request *request)
{
	struct clinic_session *session;
	uint64_t unused;
	int status = clinic_open_session(request->writing.source, &session);

	if (status)
		return status;
	if (request->is_instrument_left_out &&
	    clinic_session_leave_out_instrument(session, &unused)) {
		clinic_session_free(session);
		return clinic_complain("out of memory");
	}
	if (!request->weight_name)
		request->writing.weight = clinic_weight_default(session);
	status = clinic_write_as(request->format, session, &request->writing,
				 request->output);
	clinic_session_free(session);
	return status;
}

/* Checks what does not need the session, before the session is read. */
static int check(struct request *request)
{
	if (!request->output)
		return clinic_complain(
			"nothing says where the output goes: give "
			"-o out.svg");
	if (request->weight_name &&
	    !clinic_weight_find(request->weight_name, &request->writing.weight))
		return clinic_complain("there is no weight '%s'; see `clinic "
				       "help export`",
				       request->weight_name);
	return clinic_choose_format(request->output, request->format_name,
				    &request->format);
}

/* The help lists the formats. */
static const char *help_text(void)
{
	static char text[2048];

	snprintf(text, sizeof(text),
		 "The suffix of OUT, or --format, chooses the format; .gz "
		 "behind it gzips:\n%s"
		 "Weights: cpu, samples, allocations, bytes, peak, leaked, "
		 "wait, offcpu.\n",
		 clinic_describe_formats(CLINIC_FORMAT_WRITTEN));
	return text;
}

static int run(int argc, char **argv)
{
	const struct clinic_usage usage = {
		.line = "export FILE -o OUT",
		.text = help_text(),
		.operands_min = 1,
		.operands_max = 1,
	};
	struct request request = {0};
	const struct clinic_option options[] = {
		{'o', "output", "OUT", CLINIC_OPTION_TEXT, &request.output,
		 "where to write; the suffix chooses the format"},
		{'f', "format", "NAME", CLINIC_OPTION_TEXT,
		 &request.format_name, "the format, whatever the suffix"},
		{'w', "weight", "NAME", CLINIC_OPTION_TEXT,
		 &request.weight_name,
		 "what the width means (default: cpu, or else a weight that "
		 "the session has)"},
		{'t', "title", "TEXT", CLINIC_OPTION_TEXT,
		 &request.writing.title,
		 "the title of the picture (default: the command)"},
		{0, "icicle", NULL, CLINIC_OPTION_FLAG,
		 &request.writing.is_icicle, "draw the root at the top"},
		{0, "without-instrument", NULL, CLINIC_OPTION_FLAG,
		 &request.is_instrument_left_out,
		 "leave out what the preloaded library and perf took of the "
		 "program's CPU time"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);
	int status;

	if (at < 0)
		return clinic_options_exit(at);
	request.writing.source = argv[at];
	status = check(&request);
	return status ? status : export_session(&request);
}

static const struct clinic_verb verb = {
	.name = "export",
	.summary = "a flame graph or another format from a session",
	.run = run,
};
CLINIC_VERB(verb);
