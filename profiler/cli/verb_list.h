/*
 * cli/verb_list.h - the verbs of this program.
 *
 * Read next  verb.h, what a verb is.
 */
#ifndef CLINIC_CLI_VERB_LIST_H
#define CLINIC_CLI_VERB_LIST_H

#include "cli/verb.h"

#define CLINIC_VERBS_MAX 64

const struct clinic_verb *clinic_verb_find(const char *name); /* or NULL */

/*
 * Complains about an unknown verb, names the verb that may be meant, and
 * returns the exit code.
 */
int clinic_verb_unknown(const char *name);

/*
 * Sorts the verbs by name, because the order of the linker is arbitrary.
 * Returns their number.
 */
size_t clinic_verbs_sorted(const struct clinic_verb *sorted[CLINIC_VERBS_MAX]);

/* Prints all of them for `clinic help`, each with its summary. */
void clinic_verbs_print(FILE *to);

#endif
