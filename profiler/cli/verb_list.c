/* Finds the verbs, whose addresses the linker has put into one section. */
#include "cli/verb_list.h"

#include <stdlib.h>
#include <string.h>

/*
 * The linker defines these around all CLINIC_VERB(), so no list is kept by
 * hand.
 */
extern const struct clinic_verb *const __start_clinic_verbs[];
extern const struct clinic_verb *const __stop_clinic_verbs[];

const struct clinic_verb *clinic_verb_find(const char *name)
{
	for (const struct clinic_verb *const *verb = __start_clinic_verbs;
	     verb < __stop_clinic_verbs; verb++)
		if (!strcmp((*verb)->name, name))
			return *verb;
	return NULL;
}

int clinic_verb_unknown(const char *name)
{
	const char *known[CLINIC_VERBS_MAX];
	size_t count = 0;
	const char *meant;

	for (const struct clinic_verb *const *verb = __start_clinic_verbs;
	     verb < __stop_clinic_verbs && count < CLINIC_VERBS_MAX; verb++)
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

size_t clinic_verbs_sorted(const struct clinic_verb *sorted[CLINIC_VERBS_MAX])
{
	size_t count = 0;

	for (const struct clinic_verb *const *verb = __start_clinic_verbs;
	     verb < __stop_clinic_verbs && count < CLINIC_VERBS_MAX; verb++)
		sorted[count++] = *verb;
	qsort(sorted, count, sizeof(*sorted), compare_names);
	return count;
}
