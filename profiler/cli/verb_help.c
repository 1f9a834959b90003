/* Runs `clinic help`: prints verbs, manual pages, or the completion. */
#include <stdio.h>
#include <string.h>

#include "cli/manual_page.h"
#include "cli/verb.h"
#include "cli/verb_list.h"

static const char about_verbs[] =
	"`clinic help VERB` shows the options of one.\n"
	"A FILE is a session, as `clinic record` and `clinic import` "
	"write it.\n"
	"Exit codes: 0 done, 2 could not be done; `record` passes on "
	"those of\nthe program.\n";

void clinic_verbs_print(FILE *to)
{
	const struct clinic_verb *sorted[CLINIC_VERBS_MAX];
	size_t count = clinic_verbs_sorted(sorted);

	fputs("usage: clinic VERB ...\n\n", to);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "  %-10s %s\n", sorted[i]->name,
			sorted[i]->summary);
	fprintf(to, "\n%s", about_verbs);
}

static const struct clinic_usage help_usage = {
	.line = "help [VERB]",
	.operands_max = 1,
};

static int print_page(const struct clinic_verb *verb, enum clinic_page page)
{
	static char name[32], option[] = "--help";
	char *argv[] = {name, option, NULL};

	clinic_page = page;
	snprintf(name, sizeof(name), "%s", verb->name);
	return verb->run(2, argv);
}

/* clinic-VERB(1) */
static int print_verb_manual(const struct clinic_verb *verb)
{
	int status;

	clinic_manual_begin(verb->name, verb->summary);
	status = print_page(verb, CLINIC_PAGE_MANUAL);
	puts(".SH SEE ALSO\n.BR clinic (1)");
	return status;
}

/* clinic(1) */
static int print_manual(void)
{
	const struct clinic_verb *sorted[CLINIC_VERBS_MAX];
	size_t count = clinic_verbs_sorted(sorted);

	clinic_manual_begin(NULL,
			    "measures one run of a program, and reads what "
			    "was measured");
	puts(".SH SYNOPSIS\n.B clinic\n.I VERB\n[\\fIARGUMENT\\fR...]\n"
	     ".SH DESCRIPTION");
	clinic_manual_text(about_verbs);
	puts(".SH VERBS");
	for (size_t i = 0; i < count; i++)
		printf(".TP\n.B %s\n%s\n", sorted[i]->name, sorted[i]->summary);
	puts(".SH SEE ALSO");
	for (size_t i = 0; i < count; i++)
		if (strcmp(sorted[i]->name, "help") != 0)
			printf(".BR clinic\\-%s (1),\n", sorted[i]->name);
	puts(".BR lab (1)");
	return CLINIC_EXIT_DONE;
}

static int print_completion(void)
{
	const struct clinic_verb *sorted[CLINIC_VERBS_MAX];
	size_t count = clinic_verbs_sorted(sorted);

	puts("# bash completion for clinic, written from its option tables; "
	     "source it, or\n# `make install` puts it in place.\n"
	     "_clinic()\n{\n"
	     "\tlocal word=${COMP_WORDS[COMP_CWORD]} options=\n"
	     "\tCOMPREPLY=()\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	fputs("\t\tCOMPREPLY=($(compgen -W \"", stdout);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", sorted[i]->name);
	puts("\" -- \"$word\"))\n\t\treturn\n\tfi\n"
	     "\tcase ${COMP_WORDS[1]} in");
	for (size_t i = 0; i < count; i++)
		if (strcmp(sorted[i]->name, "help") != 0)
			print_page(sorted[i], CLINIC_PAGE_COMPLETION);
	puts("\tesac\n"
	     "\t[[ $word == -* ]] && "
	     "COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
	     "}\n"
	     "complete -o default -F _clinic clinic");
	return CLINIC_EXIT_DONE;
}

static int run_help(int argc, char **argv)
{
	const char *name = NULL;
	bool wants_manual = false, wants_completion = false;
	const struct clinic_option options[] = {
		{0, "man", NULL, CLINIC_OPTION_FLAG, &wants_manual,
		 "as a manual page, for man -l"},
		{0, "completion", NULL, CLINIC_OPTION_FLAG, &wants_completion,
		 "the completion for bash"},
		{0},
	};
	const struct clinic_verb *verb;
	int at = clinic_options(&help_usage, options, argc, argv);

	if (at < 0)
		return clinic_options_exit(at);
	if (wants_completion)
		return print_completion();
	name = argv[at];
	if (!name && wants_manual)
		return print_manual();
	if (!name) {
		clinic_verbs_print(stdout);
		return CLINIC_EXIT_DONE;
	}
	verb = clinic_verb_find(name);
	if (!verb)
		return clinic_verb_unknown(name);
	return wants_manual ? print_verb_manual(verb)
			    : print_page(verb, CLINIC_PAGE_HELP);
}

static const struct clinic_verb help_verb = {
	.name = "help",
	.summary = "what a verb does and takes",
	.run = run_help,
};
CLINIC_VERB(help_verb);
