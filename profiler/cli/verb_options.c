/* Reads the command line of a verb, and complains about what is wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/manual_page.h"
#include "cli/verb.h"
#include "foundation/terminal_text.h"

int clinic_complain(const char *format, ...)
{
	va_list arguments;
	char *sentence;

	va_start(arguments, format);
	if (vasprintf(&sentence, format, arguments) < 0)
		sentence = NULL;
	va_end(arguments);
	fprintf(stderr, "clinic: %s\n",
		sentence ? clinic_terminal_text(sentence) : "out of memory");
	free(sentence);
	return CLINIC_EXIT_USAGE;
}

int clinic_options_exit(int at)
{
	return at == CLINIC_OPTIONS_HELP ? CLINIC_EXIT_DONE : CLINIC_EXIT_USAGE;
}

static int check_operands(const struct clinic_usage *usage, int count)
{
	if (count >= usage->operands_min &&
	    (usage->operands_max < 0 || count <= usage->operands_max))
		return 0;
	clinic_complain("%s; usage: clinic %s",
			count < usage->operands_min ? "something is missing"
						    : "that is one too many",
			usage->line);
	return CLINIC_OPTIONS_WRONG;
}

int clinic_options(const struct clinic_usage *usage,
		   const struct clinic_option *options, int argc, char **argv)
{
	char problem[CLINIC_PROBLEM_BYTES];
	int at = clinic_options_read(options, usage->operands, argc, argv,
				     problem);

	if (at == CLINIC_OPTIONS_HELP)
		clinic_page_print(usage, options);
	else if (at == CLINIC_OPTIONS_WRONG)
		clinic_complain("%s; see `clinic help %.*s`", problem,
				(int)strcspn(usage->line, " "), usage->line);
	if (at < 0)
		return at;
	return check_operands(usage, argc - at) ? CLINIC_OPTIONS_WRONG : at;
}
