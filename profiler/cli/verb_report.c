/* Runs `clinic report`: prints the tables of a session, as text or JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"
#include "cli/session_files.h"
#include "cli/verb.h"
#include "session/instrument_time.h"
#include "session/named_function.h"
#include "session/session.h"
#include "session/window.h"

static const struct clinic_usage usage = {
	.line = "report FILE [--top N] [--by GROUP] [--callers F] [--json]",
	.text = "GROUP is function, line, file, library, thread or stage. "
		"WEIGHT is cpu, samples,\nallocations, bytes, peak, leaked, "
		"wait or offcpu. Self is what was spent in a\nfunction, total "
		"what was spent in it and in all it called; the brackets hold "
		"the\n95 % interval of a sampled share. A function's line is "
		"its hottest.\n",
	.operands_min = 1,
	.operands_max = 1,
};

struct request {
	struct clinic_report report;
	const char *group_name;
	const char *weight_name;
	const char *from;
	const char *to;
	uint64_t top;
	bool is_json;
	bool has_full_names;
};

static int choose(struct request *request)
{
	struct clinic_report *report = &request->report;

	if (request->group_name &&
	    !clinic_group_find(request->group_name, &report->group))
		return clinic_complain("there is no group '%s'; see `clinic "
				       "help report`",
				       request->group_name);
	if (request->weight_name &&
	    !clinic_weight_find(request->weight_name, &report->weight))
		return clinic_complain("there is no weight '%s'; see `clinic "
				       "help report`",
				       request->weight_name);
	report->has_short_names = !request->has_full_names &&
				  !request->is_json && isatty(STDOUT_FILENO);
	/*
	 * By default, a text has the top of a table only, and JSON has all of
	 * it.
	 */
	report->top = request->top ? request->top : request->is_json ? 0 : 20;
	return 0;
}

/* Parses "1.5", in seconds after the beginning of the run. */
static int moment(const char *text, uint64_t origin_ns, uint64_t *time_ns)
{
	char *end;
	double seconds;

	if (!text)
		return 0;
	seconds = strtod(text, &end);
	if (*end || end == text || !(seconds >= 0.0) || seconds > 1e9)
		return clinic_complain("'%s' is not a number of seconds since "
				       "the beginning of the run",
				       text);
	*time_ns = origin_ns + (uint64_t)(seconds * 1e9);
	return 0;
}

static int narrow(const struct request *request)
{
	struct clinic_session *session = request->report.session;
	const struct clinic_session_metadata *metadata =
		clinic_session_metadata(session);
	uint64_t from_ns = metadata->started_ns;
	uint64_t to_ns = metadata->ended_ns + 1;
	int status = moment(request->from, from_ns, &from_ns);

	if (!status)
		status = moment(request->to, metadata->started_ns, &to_ns);
	if (!status && to_ns <= from_ns)
		return clinic_complain(
			"nothing lies between --from %s and "
			"%s%s of a run of %.3f s",
			request->from ? request->from : "0",
			request->to ? "--to " : "the end",
			request->to ? request->to : "",
			(double)(metadata->ended_ns - metadata->started_ns) /
				1e9);
	if (!status && (request->from || request->to) &&
	    clinic_session_keep(session, from_ns, to_ns))
		return clinic_complain("out of memory");
	return status;
}

static int print(struct request *request)
{
	struct clinic_report *report = &request->report;
	int error;

	if (!request->weight_name)
		report->weight = clinic_weight_default(report->session);
	else if (!clinic_weight_rows(report->session, report->weight))
		return clinic_complain("%s has no %s to report; try another "
				       "--weight",
				       report->path, request->weight_name);
	error = report->callers ? clinic_named_function(report->session,
							report->callers,
							&report->callers)
				: 0;
	if (error == -ENOTUNIQ)
		return clinic_complain("'%s' is short for several functions of "
				       "%s; --full-names lists them",
				       report->callers, report->path);
	if (!error)
		error = report->is_instrument_left_out
				? clinic_session_leave_out_instrument(
					  report->session,
					  &report->instrument_cpu_ns)
				: clinic_instrument_cpu_ns(
					  report->session,
					  &report->instrument_cpu_ns);
	if (!error)
		error = clinic_quality_count(report->session, &report->counts);
	if (!error)
		error = request->is_json ? clinic_report_json(report)
					 : clinic_report_text(report);
	if (error == -ENOENT)
		return clinic_complain(
			"%s has no function '%s'; `clinic report "
			"%s` lists them",
			report->path, report->callers, report->path);
	/* An error of stdout is reported where stdout is flushed. */
	if (error && !ferror(stdout))
		return clinic_complain("cannot report on %s: %s", report->path,
				       strerror(-error));
	return CLINIC_EXIT_DONE;
}

static int report_file(struct request *request)
{
	struct clinic_report *report = &request->report;
	int status = clinic_open_session(report->path, &report->session);

	if (status)
		return status;
	status = narrow(request);
	if (!status)
		status = print(request);
	clinic_session_free(report->session);
	return status;
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	struct clinic_report *report = &request.report;
	const struct clinic_option options[] = {
		{'n', "top", "N", CLINIC_OPTION_COUNT, &request.top,
		 "rows of a table (20; with --json all)"},
		{'b', "by", "GROUP", CLINIC_OPTION_TEXT, &request.group_name,
		 "what a row is (function)"},
		{'c', "callers", "FUNCTION", CLINIC_OPTION_TEXT,
		 &report->callers, "who called it, in shares of its total"},
		{'w', "weight", "WEIGHT", CLINIC_OPTION_TEXT,
		 &request.weight_name,
		 "the weight (default: cpu, or else one that the session "
		 "has)"},
		{0, "from", "SECONDS", CLINIC_OPTION_TEXT, &request.from,
		 "only what happened after this time, from the start"},
		{0, "to", "SECONDS", CLINIC_OPTION_TEXT, &request.to,
		 "only what happened before this time"},
		{0, "full-names", NULL, CLINIC_OPTION_FLAG,
		 &request.has_full_names,
		 "C++ names with all template arguments (on a terminal they "
		 "are shortened)"},
		{0, "raw-sites", NULL, CLINIC_OPTION_FLAG,
		 &report->has_raw_sites,
		 "what allocated or waited is the innermost frame, also in "
		 "operator new or std::mutex"},
		{0, "without-instrument", NULL, CLINIC_OPTION_FLAG,
		 &report->is_instrument_left_out,
		 "leave out what the preloaded library and perf took of the "
		 "program's CPU time"},
		{'j', "json", NULL, CLINIC_OPTION_FLAG, &request.is_json,
		 "all tables, for programs"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);
	int status;

	if (at < 0)
		return clinic_options_exit(at);
	report->path = argv[at];
	status = choose(&request);
	return status ? status : report_file(&request);
}

static const struct clinic_verb verb = {
	.name = "report",
	.summary = "where the time went, and how well that is known",
	.run = run,
};
CLINIC_VERB(verb);
