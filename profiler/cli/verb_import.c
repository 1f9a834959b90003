/* Runs `clinic import`: makes a session from a file that can be read. */
#include <stdio.h>

#include "cli/session_files.h"
#include "cli/verb.h"
#include "session/session_json.h"

static int import(const char *path, const char *output,
		  const struct clinic_format_options *options)
{
	struct clinic_session *session;
	int status = clinic_open_with(path, options, &session);

	if (status)
		return status;
	status = clinic_written(output, clinic_session_write(session, output));
	clinic_session_free(session);
	return status;
}

/* The help lists the formats. */
static const char *help_text(void)
{
	static char text[2048];

	snprintf(text, sizeof(text),
		 "FILE may be gzipped; '-' is the standard input. The best "
		 "text of perf is that of\n"
		 "  perf script --header --show-lost-events \\\n"
		 "      -F comm,pid,tid,time,period,event,ip,sym,dso\n"
		 "After `perf record --sample-cpu` add cpu to the fields. The "
		 "format is recognised by\nthe content:\n%s"
		 "The session's name ends in .json or .json.gz.\n",
		 clinic_describe_formats(CLINIC_FORMAT_READ));
	return text;
}

static int run(int argc, char **argv)
{
	const struct clinic_usage usage = {
		.line = "import FILE -o SESSION",
		.text = help_text(),
		.operands_min = 1,
		.operands_max = 1,
	};
	struct clinic_format_options reading = {0};
	const char *output = NULL;
	const struct clinic_option options[] = {
		{'o', "output", "SESSION", CLINIC_OPTION_TEXT, &output,
		 "where to write the session"},
		{'e', "event", "NAME", CLINIC_OPTION_TEXT, &reading.event,
		 "the event to take (default: the first that is CPU time)"},
		{'F', "frequency", "HZ", CLINIC_OPTION_COUNT,
		 &reading.frequency_hz,
		 "the sampling frequency, if the text does not contain it"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);

	if (at < 0)
		return clinic_options_exit(at);
	if (clinic_check_session_name(output))
		return CLINIC_EXIT_USAGE;
	return import(argv[at], output, &reading);
}

static const struct clinic_verb verb = {
	.name = "import",
	.summary = "turn another tool's file into a session",
	.run = run,
};
CLINIC_VERB(verb);
