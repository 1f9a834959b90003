/* Runs `clinic annotate`: shows the CPU time of a function's lines and code. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/annotate.h"
#include "cli/session_files.h"
#include "cli/verb.h"
#include "foundation/terminal_text.h"
#include "session/named_function.h"
#include "session/session.h"
#include "session/short_name.h"

static const struct clinic_usage usage = {
	.line = "annotate FILE FUNCTION",
	.text = "Source lines and instructions of a function with the share of "
		"its own time that\neach took, its 95 % interval and the number "
		"of samples. Code that was inlined into\nit counts at the line "
		"that called it. A sampled instruction is often the one after\n"
		"the one that took the time. The disassembly is objdump's, and "
		"only of the very\nfile that was measured.\n",
	.operands_min = 2,
	.operands_max = 2,
};

enum { ROOM_BYTES = 512 };

static const char *shown_name(const struct clinic_annotation *a, char *room)
{
	return a->has_short_names
		       ? clinic_short_name(a->function, room, ROOM_BYTES)
		       : a->function;
}

static void print_head(const struct clinic_annotation *a)
{
	struct clinic_share share =
		clinic_share_of(a->value, a->whole, a->samples);
	char room[ROOM_BYTES];

	printf("%s: %.2f %% [%.2f, %.2f] of the session\n",
	       clinic_terminal_text(shown_name(a, room)), 100.0 * share.ratio,
	       100.0 * share.low, 100.0 * share.high);
	printf("own %% [95 %% inter.]   samples   line\n");
}

static int annotate(const char *path, struct clinic_annotation *a)
{
	int error =
		clinic_named_function(a->session, a->function, &a->function);

	if (error == -ENOTUNIQ)
		return clinic_complain("'%s' is short for several functions of "
				       "%s; `clinic report --full-names %s` "
				       "lists them",
				       a->function, path, path);
	if (!error)
		error = clinic_annotation_find(a);
	if (error == -ENOENT)
		return clinic_complain("%s has no sample in a function '%s'; "
				       "`clinic report %s` lists them",
				       path, a->function, path);
	if (error)
		return clinic_complain("cannot annotate %s: %s", path,
				       strerror(-error));
	print_head(a);
	clinic_annotation_print_lines(a);
	/* objdump writes to a pipe of ours: nothing may be left behind. */
	fflush(stdout);
	clinic_annotation_print_code(a);
	return CLINIC_EXIT_DONE;
}

static int run(int argc, char **argv)
{
	struct clinic_annotation annotation = {0};
	struct clinic_session *session;
	bool has_full_names = false;
	const struct clinic_option options[] = {
		{'s', "source", "FOLDER", CLINIC_OPTION_TEXT,
		 &annotation.source_folder,
		 "the folder with the sources, if they have moved"},
		{'a', "all", NULL, CLINIC_OPTION_FLAG, &annotation.is_whole,
		 "the cold instructions too"},
		{0, "full-names", NULL, CLINIC_OPTION_FLAG, &has_full_names,
		 "C++ names with all template arguments (on a terminal they "
		 "are shortened)"},
		{0},
	};
	int at = clinic_options(&usage, options, argc, argv);
	int status;

	if (at < 0)
		return clinic_options_exit(at);
	status = clinic_open_session(argv[at], &session);
	if (status)
		return status;
	annotation.session = session;
	annotation.function = argv[at + 1];
	annotation.has_short_names = !has_full_names && isatty(STDOUT_FILENO);
	status = annotate(argv[at], &annotation);
	clinic_annotation_free(&annotation);
	clinic_session_free(session);
	return status;
}

static const struct clinic_verb verb = {
	.name = "annotate",
	.summary = "the hot lines and instructions of a function",
	.run = run,
};
CLINIC_VERB(verb);
