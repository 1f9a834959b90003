/*
 * foundation/options.h - reads a command line by a table of its options.
 *
 *	const struct clinic_option options[] = {
 *		{'o', "output", "FILE", CLINIC_OPTION_TEXT, &output,
 *		 "where to write"},
 *		{0},
 *	};
 *	int at = clinic_options_read(options, CLINIC_OPERANDS_ANYWHERE, argc,
 *				     argv, problem);
 *
 * getopt_long(3) reads them, so they are spelled as with other programs: -F99,
 * -F 99, --frequency=99, --frequency 99, and -- before operands that begin with
 * a minus sign. Every table also has -h and --help.
 *
 * Units      times are stored in nanoseconds, in whatever unit they are typed.
 * Ownership  texts point into argv.
 * Errors     nothing is printed; `problem` says what is wrong, without a full
 *            stop.
 * Threads    one per process, because getopt_long has a global state.
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
	CLINIC_OPTION_TEXTS,  /* struct clinic_texts: may be repeated */
	CLINIC_OPTION_NUMBER, /* uint64_t, at least 0 */
	CLINIC_OPTION_MS,     /* uint64_t nanoseconds, typed in milliseconds */
	CLINIC_OPTION_S,      /* the same, typed in seconds, at least 1 */
	CLINIC_OPTION_HEX,    /* struct clinic_given, hexadecimal */
};

/* A number that may also be missing, where any number is a valid value. */
struct clinic_given {
	uint64_t number;
	bool is_given;
};

#define CLINIC_TEXTS_MAX 64

/* All values of an option that may be repeated, in order. */
struct clinic_texts {
	const char *at[CLINIC_TEXTS_MAX];
	size_t count;
};

/* A table ends with a row that has no name. */
struct clinic_option {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* NULL for a flag */
	enum clinic_option_kind kind;
	void *value;
	const char *text;
};

enum clinic_operands {
	CLINIC_OPERANDS_ANYWHERE, /* also between options */
	/* all that follows the first is another program's */
	CLINIC_OPERANDS_LAST,
};

enum {
	CLINIC_OPTIONS_HELP = -1,  /* --help was asked for */
	CLINIC_OPTIONS_WRONG = -2, /* see `problem` */
};

/*
 * Stores the values, and moves the operands to the end of argv[], behind whose
 * last element there is NULL. Returns the index of the first operand, or
 * CLINIC_OPTIONS_HELP or _WRONG.
 */
int clinic_options_read(const struct clinic_option *options,
			enum clinic_operands operands, int argc, char **argv,
			char problem[CLINIC_PROBLEM_BYTES]);

/*
 * Prints a line for each option and for --help, with the texts in one column.
 */
void clinic_options_print(const struct clinic_option *options, FILE *to);

#endif
