/* Runs `clinic merge`: makes one session of several files. */
#include <errno.h>
#include <string.h>

#include "cli/session_files.h"
#include "cli/verb.h"
#include "session/session.h"
#include "session/session_json.h"

static const struct clinic_usage usage = {
	.line = "merge FILE... -o SESSION",
	.text = "All samples, allocations and counts of the FILEs as one "
		"session: many runs of a\nprogram that is too short to be "
		"sampled well, or several instruments of one run.\nCommands "
		"that differ are listed; CPU time adds up over the sampled "
		"runs; the memory\npeak is the highest of any one process.\n",
	.operands_min = 1,
	.operands_max = -1,
};

static int merge_file(struct clinic_session *into, const char *path)
{
	struct clinic_session *from;
	int status = clinic_open_session(path, &from);
	int error;

	if (status)
		return status;
	error = clinic_session_merge(into, from);
	clinic_session_free(from);
	if (error)
		return clinic_complain("cannot add %s: %s", path,
				       strerror(-error));
	return CLINIC_EXIT_DONE;
}

static int merge(char **paths, const char *output)
{
	struct clinic_session *into;
	int status = CLINIC_EXIT_DONE;

	if (clinic_session_new(&into))
		return clinic_complain("cannot merge: %s", strerror(ENOMEM));
	for (; *paths && !status; paths++)
		status = merge_file(into, *paths);
	if (!status)
		status = clinic_written(output,
					clinic_session_write(into, output));
	clinic_session_free(into);
	return status;
}

static int run(int argc, char **argv)
{
	const char *output = NULL;
	const struct clinic_option options[] = {
		{'o', "output", "SESSION", CLINIC_OPTION_TEXT, &output,
		 "where to write the session"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);

	if (at < 0)
		return clinic_options_exit(at);
	if (clinic_check_session_name(output))
		return CLINIC_EXIT_USAGE;
	return merge(argv + at, output);
}

static const struct clinic_verb verb = {
	.name = "merge",
	.summary = "many sessions as one",
	.run = run,
};
CLINIC_VERB(verb);
