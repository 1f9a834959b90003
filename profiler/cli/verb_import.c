#include <errno.h>
#include <string.h>

#include "cli/verb.h"
#include "formats/perf_script.h"
#include "session/session.h"
#include "session/session_json.h"

static const struct clinic_usage usage = {
	.line = "import FILE -o SESSION",
	.text = "FILE is the text of\n"
		"  perf script --header --show-lost-events \\\n"
		"      -F comm,pid,tid,time,period,event,ip,sym,dso\n"
		"and may be gzipped; '-' is the standard input. After `perf "
		"record --sample-cpu`\nadd cpu to the fields. The session's "
		"name ends in .json or .json.gz.\n",
	.operands_min = 1,
	.operands_max = 1,
};

static int explain(const char *path, int error, const struct clinic_why *why)
{
	if (error == -ENODATA)
		return clinic_complain("cannot import %s: %s", path, why->text);
	if (error == -EBADMSG)
		return clinic_complain("cannot import %s: it is damaged or cut "
				       "short; copy it again",
				       path);
	return clinic_complain("cannot import %s: %s", path, strerror(-error));
}

static int import(const char *path, const char *output,
		  const struct clinic_perf_script_options *options)
{
	struct clinic_session *session;
	struct clinic_why why;
	int error = clinic_session_new(&session);
	int status;

	if (error)
		return explain(path, error, NULL);
	error = clinic_perf_script_read(path, options, session, &why);
	status = error ? explain(path, error, &why)
		       : clinic_written(output,
					clinic_session_write(session, output));
	clinic_session_free(session);
	return status;
}

static int run(int argc, char **argv)
{
	struct clinic_perf_script_options perf = {0};
	const char *output = NULL;
	const struct clinic_option options[] = {
		{'o', "output", "SESSION", CLINIC_OPTION_TEXT, &output,
		 "where to write the session"},
		{'e', "event", "NAME", CLINIC_OPTION_TEXT, &perf.event,
		 "the event to take (default: the first that is CPU time)"},
		{'F', "frequency", "HZ", CLINIC_OPTION_COUNT,
		 &perf.frequency_hz,
		 "of the sampling, where the text does "
		 "not say it"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);

	if (at < 0)
		return clinic_options_exit(at);
	if (clinic_check_session_name(output))
		return CLINIC_EXIT_USAGE;
	return import(argv[at], output, &perf);
}

static const struct clinic_verb verb = {
	.name = "import",
	.summary = "turn the text of `perf script` into a session",
	.run = run,
};
CLINIC_VERB(verb);
