/*
 * cli/verb.h - what a verb of `clinic` is, and what all of them share.
 *
 * A verb is one file, verb_NAME.c, that ends in CLINIC_VERB(...): verb_list.c
 * finds it without a list. Its options are a table, from which the parser also
 * prints `clinic help NAME`.
 *
 *	static int run(int argc, char **argv)
 *	{
 *		const char *output = NULL;
 *		const struct clinic_option options[] = {
 *			{'o', "output", "FILE", CLINIC_OPTION_TEXT, &output,
 *			 "where to write"},
 *			{0},
 *		};
 *		int at = clinic_options(&usage, options, argc, argv);
 *
 *		if (at < 0)
 *			return clinic_options_exit(at);
 *		... argv[at] is the first operand ...
 *
 * Exit codes 0 done, 2 (CLINIC_EXIT_USAGE) for whatever could not be done,
 *            with one sentence on stderr by clinic_complain().
 */
#ifndef CLINIC_CLI_VERB_H
#define CLINIC_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/options.h"

enum {
	CLINIC_EXIT_DONE = 0,
	CLINIC_EXIT_USAGE = 2,
};

struct clinic_verb {
	const char *name;
	const char *summary; /* half a line for `clinic help` */
	int (*run)(int argc, char **argv);
};

#define CLINIC_VERB(verb)                                                      \
	static const struct clinic_verb *const verb##_entry                    \
		__attribute__((used, section("clinic_verbs"))) = &(verb)

struct clinic_usage {
	const char *line; /* "export FILE -o OUT" */
	const char *text; /* paragraphs after the options; may be NULL */
	int operands_min;
	int operands_max; /* -1: any number */
	enum clinic_operands operands;
};

/*
 * Returns the index of the first operand, like clinic_options_read(). A
 * negative number means that there is nothing more to do, because help or a
 * complaint was printed.
 */
int clinic_options(const struct clinic_usage *usage,
		   const struct clinic_option *options, int argc, char **argv);
int clinic_options_exit(int at);

/* Prints "clinic: <sentence>" on stderr, and returns CLINIC_EXIT_USAGE. */
int clinic_complain(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* The known word that is most similar to `word`, or NULL if none is. */
const char *clinic_nearest(const char *word, const char *const *known,
			   size_t known_count);

#endif
