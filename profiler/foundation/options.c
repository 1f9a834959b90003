/* Reads options by getopt_long, whose tables it makes from ours. */
#include "foundation/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 32
/* An option has this number plus its row as code; smaller codes are letters. */
#define FIRST_CODE 256

/* The same table in the form that getopt_long needs. */
struct spelling {
	struct option names[OPTIONS_MAX + 2];
	char letters[3 * OPTIONS_MAX + 4];
};

static void spell(const struct clinic_option *options,
		  enum clinic_operands operands, struct spelling *spelling)
{
	char *letter = spelling->letters;
	int row = 0;

	*spelling = (struct spelling){0};
	if (operands == CLINIC_OPERANDS_LAST)
		*letter++ = '+';
	*letter++ = ':'; /* then getopt reports a missing value by ':' */
	for (; row < OPTIONS_MAX && options[row].name; row++) {
		spelling->names[row] = (struct option){
			.name = options[row].name,
			.has_arg = options[row].argument != NULL,
			.val = FIRST_CODE + row,
		};
		if (!options[row].letter)
			continue;
		*letter++ = options[row].letter;
		if (options[row].argument)
			*letter++ = ':';
	}
	spelling->names[row] = (struct option){.name = "help", .val = 'h'};
	*letter = 'h';
}

static const struct clinic_option *find(const struct clinic_option *options,
					int code)
{
	if (code >= FIRST_CODE)
		return &options[code - FIRST_CODE];
	for (; options->name; options++)
		if (options->letter == code)
			return options;
	return NULL;
}

static bool read_number(const char *text, int base, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, base);
	return !errno && end != text && !*end && !strchr(text, '-');
}

static int store_number(const struct clinic_option *option, const char *text,
			char *problem)
{
	uint64_t least = option->kind == CLINIC_OPTION_COUNT ||
			 option->kind == CLINIC_OPTION_S;
	uint64_t unit = option->kind == CLINIC_OPTION_MS  ? 1000000
			: option->kind == CLINIC_OPTION_S ? 1000000000
							  : 1;
	uint64_t number;
	bool is_number = read_number(text, 10, &number);

	if (is_number && number >= least && number <= UINT64_MAX / unit) {
		*(uint64_t *)option->value = number * unit;
		return 0;
	}
	if ((errno == ERANGE && *text != '-') || (is_number && number >= least))
		snprintf(problem, CLINIC_PROBLEM_BYTES, "--%s %s is too large",
			 option->name, text);
	else
		snprintf(problem, CLINIC_PROBLEM_BYTES,
			 "--%s %s is not a whole number of at least %" PRIu64,
			 option->name, text, least);
	return CLINIC_OPTIONS_WRONG;
}

static int store_text(const struct clinic_option *option, const char *text,
		      char *problem)
{
	struct clinic_texts *texts = option->value;

	if (texts->count < CLINIC_TEXTS_MAX) {
		texts->at[texts->count++] = text;
		return 0;
	}
	snprintf(problem, CLINIC_PROBLEM_BYTES,
		 "--%s can be given %d times at most", option->name,
		 CLINIC_TEXTS_MAX);
	return CLINIC_OPTIONS_WRONG;
}

static int store_hex(const struct clinic_option *option, const char *text,
		     char *problem)
{
	struct clinic_given *given = option->value;

	given->is_given = read_number(text, 16, &given->number);
	if (given->is_given)
		return 0;
	snprintf(problem, CLINIC_PROBLEM_BYTES,
		 "--%s %s is not a hexadecimal number", option->name, text);
	return CLINIC_OPTIONS_WRONG;
}

static int store(const struct clinic_option *option, const char *value,
		 char *problem)
{
	switch (option->kind) {
	case CLINIC_OPTION_FLAG:
		*(bool *)option->value = true;
		return 0;
	case CLINIC_OPTION_TEXT:
		*(const char **)option->value = value;
		return 0;
	case CLINIC_OPTION_HEX:
		return store_hex(option, value, problem);
	case CLINIC_OPTION_TEXTS:
		return store_text(option, value, problem);
	case CLINIC_OPTION_COUNT:
	case CLINIC_OPTION_NUMBER:
	case CLINIC_OPTION_MS:
	case CLINIC_OPTION_S:
		break;
	}
	return store_number(option, value, problem);
}

/*
 * Describes what getopt_long refused. `found` is its result, and `word` is the
 * argument that it has read.
 */
static int refuse(const struct clinic_option *options, int found,
		  const char *word, char *problem)
{
	const struct clinic_option *option = optopt ? find(options, optopt)
						    : NULL;

	if (found == ':' && option)
		snprintf(problem, CLINIC_PROBLEM_BYTES, "--%s needs its %s",
			 option->name, option->argument);
	else if (optopt >= FIRST_CODE || optopt == 'h')
		snprintf(problem, CLINIC_PROBLEM_BYTES, "--%s takes no value",
			 option ? option->name : "help");
	else if (optopt)
		snprintf(problem, CLINIC_PROBLEM_BYTES,
			 "there is no option -%c", optopt);
	else
		snprintf(problem, CLINIC_PROBLEM_BYTES, "there is no option %s",
			 word);
	return CLINIC_OPTIONS_WRONG;
}

int clinic_options_read(const struct clinic_option *options,
			enum clinic_operands operands, int argc, char **argv,
			char problem[CLINIC_PROBLEM_BYTES])
{
	const struct clinic_option *option;
	struct spelling spelling;
	int found;

	spell(options, operands, &spelling);
	optind = 0; /* starts again, even if options were read before */
	opterr = 0;
	while ((found = getopt_long(argc, argv, spelling.letters,
				    spelling.names, NULL)) != -1) {
		if (found == 'h')
			return CLINIC_OPTIONS_HELP;
		if (found == '?' || found == ':')
			return refuse(options, found, argv[optind - 1],
				      problem);
		option = find(options, found);
		if (option && store(option, optarg, problem))
			return CLINIC_OPTIONS_WRONG;
	}
	return optind;
}

void clinic_options_print(const struct clinic_option *options, FILE *to)
{
	char spelled[64];

	for (; options->name; options++) {
		snprintf(spelled, sizeof(spelled), "%c%c%s--%s%s%s",
			 options->letter ? '-' : ' ',
			 options->letter ? options->letter : ' ',
			 options->letter ? ", " : "  ", options->name,
			 options->argument ? " " : "",
			 options->argument ? options->argument : "");
		fprintf(to, "  %-30s %s\n", spelled, options->text);
	}
	fprintf(to, "  %-30s %s\n", "-h, --help", "this text");
}
