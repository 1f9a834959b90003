/*
 * foundation/options.h - a command line, read by a table of its options.
 *
 *	const struct clinic_option options[] = {
 *		{'o', "output", "FILE", CLINIC_OPTION_TEXT, &output,
 *		 "where to write"},
 *		{0},
 *	};
 *	int at = clinic_options_read(options, CLINIC_OPERANDS_ANYWHERE, argc,
 *				     argv, problem);
 *
 * Read by getopt_long(3), so spelled as everywhere: -F99, -F 99,
 * --frequency=99, --frequency 99, and -- before operands that begin with -.
 * Every table has -h and --help, too.
 *
 * Units      times are kept in nanoseconds, in whatever unit they are typed.
 * Ownership  texts point into argv.
 * Errors     never prints; `problem` gets what is wrong, without a full stop.
 * Threads    one at a time: getopt_long has one state.
 */
#ifndef CLINIC_FOUNDATION_OPTIONS_H
#define CLINIC_FOUNDATION_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CLINIC_PROBLEM_BYTES 256

enum clinic_option_kind {
	CLINIC_OPTION_FLAG,   /* bool */
	CLINIC_OPTION_TEXT,   /* const char * */
	CLINIC_OPTION_COUNT,  /* uint64_t, at least 1 */
	CLINIC_OPTION_TEXTS,  /* struct clinic_texts: each time one more */
	CLINIC_OPTION_NUMBER, /* uint64_t, at least 0 */
	CLINIC_OPTION_MS,     /* uint64_t nanoseconds, typed in milliseconds */
	CLINIC_OPTION_S,      /* the same, typed in seconds, at least 1 */
	CLINIC_OPTION_HEX,    /* struct clinic_given, hexadecimal */
};

/* A value for which no number can mean that it was not given. */
struct clinic_given {
	uint64_t number;
	bool is_given;
};

#define CLINIC_TEXTS_MAX 64

/* What an option was given, in order. */
struct clinic_texts {
	const char *at[CLINIC_TEXTS_MAX];
	size_t count;
};

/* A table ends with one that has no name. */
struct clinic_option {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* NULL for a flag */
	enum clinic_option_kind kind;
	void *value;
	const char *text;
};

enum clinic_operands {
	CLINIC_OPERANDS_ANYWHERE, /* between the options, too */
	CLINIC_OPERANDS_LAST,     /* all from the first on: another program */
};

enum {
	CLINIC_OPTIONS_HELP = -1,  /* --help was asked for */
	CLINIC_OPTIONS_WRONG = -2, /* see `problem` */
};

/*
 * Fills the values and moves the operands to the end: the index of the first,
 * argv[] ends with NULL behind the last.
 */
int clinic_options_read(const struct clinic_option *options,
			enum clinic_operands operands, int argc, char **argv,
			char problem[CLINIC_PROBLEM_BYTES]);

/* One line each, the texts in one column, and --help. */
void clinic_options_print(const struct clinic_option *options, FILE *to);

#endif
