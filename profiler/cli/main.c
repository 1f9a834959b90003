/* clinic - measures one run of a program, and reads what was measured. */
#include <clinic/version.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "session/session_json.h"

/* The linker's, around all CLINIC_VERB(): no list is kept by hand. */
extern const struct clinic_verb *const __start_clinic_verbs[];
extern const struct clinic_verb *const __stop_clinic_verbs[];

enum { VERBS_MAX = 64 };

static const struct clinic_verb *find(const char *name)
{
	for (const struct clinic_verb *const *verb = __start_clinic_verbs;
	     verb < __stop_clinic_verbs; verb++)
		if (!strcmp((*verb)->name, name))
			return *verb;
	return NULL;
}

static int no_such_verb(const char *name)
{
	const char *known[VERBS_MAX];
	size_t count = 0;
	const char *meant;

	for (const struct clinic_verb *const *verb = __start_clinic_verbs;
	     verb < __stop_clinic_verbs && count < VERBS_MAX; verb++)
		known[count++] = (*verb)->name;
	meant = clinic_nearest(name, known, count);
	if (meant)
		return clinic_complain("there is no verb '%s'; did you mean "
				       "'%s'?",
				       name, meant);
	return clinic_complain("there is no verb '%s'; `clinic help` lists "
			       "them",
			       name);
}

static int compare_names(const void *left, const void *right)
{
	const struct clinic_verb *const *a = left;
	const struct clinic_verb *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

/* By name: the linker's order is nobody's. */
static size_t sorted_verbs(const struct clinic_verb **sorted)
{
	size_t count = 0;

	for (const struct clinic_verb *const *verb = __start_clinic_verbs;
	     verb < __stop_clinic_verbs && count < VERBS_MAX; verb++)
		sorted[count++] = *verb;
	qsort(sorted, count, sizeof(*sorted), compare_names);
	return count;
}

static void print_verbs(FILE *to)
{
	const struct clinic_verb *sorted[VERBS_MAX];
	size_t count = sorted_verbs(sorted);

	fputs("usage: clinic VERB ...\n\n", to);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "  %-10s %s\n", sorted[i]->name,
			sorted[i]->summary);
	fputs("\n`clinic help VERB` tells the options of one.\n"
	      "A FILE is a session, as `clinic record` and `clinic import` "
	      "write it.\n"
	      "Exit codes: 0 done, 2 could not be done; `record` passes on "
	      "those of\nthe program.\n",
	      to);
}

static int run_help(int argc, char **argv)
{
	static char option[] = "--help";
	char *help[] = {NULL, option, NULL};
	const struct clinic_verb *verb;

	if (argc < 2) {
		print_verbs(stdout);
		return CLINIC_EXIT_DONE;
	}
	verb = find(argv[1]);
	if (!verb)
		return no_such_verb(argv[1]);
	help[0] = argv[1];
	return verb->run(2, help);
}

static const struct clinic_verb help_verb = {
	.name = "help",
	.summary = "what a verb does and takes",
	.run = run_help,
};
CLINIC_VERB(help_verb);

/* A full disk behind stdout must not look like success. */
static int flush_output(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		if (errno == EPIPE)
			return status;
		return clinic_complain("cannot write the output: %s",
				       strerror(errno));
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct clinic_verb *verb;

	if (argc < 2) {
		print_verbs(stderr);
		return CLINIC_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("clinic " CLINIC_VERSION);
		return flush_output(CLINIC_EXIT_DONE);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return flush_output(run_help(1, argv));
	verb = find(argv[1]);
	if (!verb)
		return no_such_verb(argv[1]);
	return flush_output(verb->run(argc - 1, argv + 1));
}
