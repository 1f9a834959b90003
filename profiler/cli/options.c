/* Option tables: parsing, and the help that is printed from them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"

enum { HELPED = -1, COMPLAINED = -2 };

int clinic_complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("clinic: ", stderr);
	vfprintf(stderr, format, arguments);
	fputs("\n", stderr);
	va_end(arguments);
	return CLINIC_EXIT_USAGE;
}

int clinic_options_exit(int at)
{
	return at == HELPED ? CLINIC_EXIT_DONE : CLINIC_EXIT_USAGE;
}

static void print_help(const struct clinic_usage *usage,
		       const struct clinic_option *options)
{
	char spelled[64];

	printf("usage: clinic %s\n\n", usage->line);
	for (; options->name; options++) {
		snprintf(spelled, sizeof(spelled), "%c%c%s--%s%s%s",
			 options->letter ? '-' : ' ',
			 options->letter ? options->letter : ' ',
			 options->letter ? ", " : "  ", options->name,
			 options->argument ? " " : "",
			 options->argument ? options->argument : "");
		printf("  %-30s %s\n", spelled, options->text);
	}
	printf("  %-30s %s\n", "-h, --help", "this text");
	if (usage->text)
		printf("\n%s", usage->text);
}

static const struct clinic_option *find(const struct clinic_option *options,
					const char *word, size_t length)
{
	for (; options->name; options++) {
		if (word[0] == '-' && word[1] == '-' &&
		    strlen(options->name) == length - 2 &&
		    !strncmp(options->name, word + 2, length - 2))
			return options;
		if (word[1] != '-' && options->letter &&
		    word[1] == options->letter)
			return options;
	}
	return NULL;
}

/* -F99, -F 99, --frequency=99 and --frequency 99 are all taken. */
static const char *attached_value(const char *word)
{
	const char *equals;

	if (word[1] != '-')
		return word[2] ? word + 2 : NULL;
	equals = strchr(word, '=');
	return equals ? equals + 1 : NULL;
}

static int store(const struct clinic_option *option, const char *value)
{
	char *end;
	unsigned long long count;

	if (option->kind == CLINIC_OPTION_TEXT) {
		*(const char **)option->value = value;
		return 0;
	}
	errno = 0;
	count = strtoull(value, &end, 10);
	if (errno || *end || !count || *value == '-')
		return clinic_complain("--%s takes a number from 1 on, not "
				       "'%s'",
				       option->name, value);
	*(uint64_t *)option->value = count;
	return 0;
}

static int unknown_option(const struct clinic_usage *usage, const char *word)
{
	clinic_complain("there is no option %s; see `clinic help %.*s`", word,
			(int)strcspn(usage->line, " "), usage->line);
	return COMPLAINED;
}

/* One option at argv[at]: how many words it took, or COMPLAINED. */
static int take(const struct clinic_usage *usage,
		const struct clinic_option *options, char **argv, int at)
{
	const char *word = argv[at];
	const struct clinic_option *option =
		find(options, word, strcspn(word, "="));
	const char *value = attached_value(word);
	int words = 1;

	if (!option)
		return unknown_option(usage, word);
	if (option->kind == CLINIC_OPTION_FLAG) {
		if (value)
			return unknown_option(usage, word);
		*(bool *)option->value = true;
		return words;
	}
	if (!value) {
		value = argv[at + 1];
		words = 2;
	}
	if (!value) {
		clinic_complain("--%s needs its %s", option->name,
				option->argument);
		return COMPLAINED;
	}
	return store(option, value) ? COMPLAINED : words;
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
	return COMPLAINED;
}

static bool is_operand(const char *word)
{
	return *word != '-' || !word[1];
}

/* Operands move to the front of argv, where the caller finds them. */
int clinic_options(const struct clinic_usage *usage,
		   const struct clinic_option *options, int argc, char **argv)
{
	int operands = 0;
	int at = 1;

	while (at < argc) {
		const char *word = argv[at];
		int words;

		if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
			print_help(usage, options);
			return HELPED;
		}
		if (!strcmp(word, "--")) {
			at++;
			break;
		}
		if (is_operand(word)) {
			if (usage->stops_at_operand)
				break;
			argv[1 + operands++] = argv[at++];
			continue;
		}
		words = take(usage, options, argv, at);
		if (words < 0)
			return words;
		at += words;
	}
	while (at < argc)
		argv[1 + operands++] = argv[at++];
	argv[1 + operands] = NULL;
	return check_operands(usage, operands) ? COMPLAINED : 1;
}
