/* Reads hostile session files, and runs everything that walks a session. */
#include <stdlib.h>

#include "session/call_change.h"
#include "session/call_tree.h"
#include "session/quality.h"
#include "session/session.h"
#include "session/session_json.h"
#include "session/tally.h"
#include "session/window.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_tallies(const struct clinic_session *session)
{
	struct clinic_quality_counts counts;
	struct clinic_tally tally;

	for (unsigned int group = 0; group < CLINIC_GROUPS; group++)
		for (unsigned int weight = 0; weight < CLINIC_WEIGHTS; weight++)
			if (!clinic_tally_make(session, group, weight, &tally))
				clinic_tally_free(&tally);
	if (!clinic_tally_callers(session, "f", CLINIC_WEIGHT_SAMPLES, &tally))
		clinic_tally_free(&tally);
	clinic_quality_count(session, &counts);
}

static void use_tree(const struct clinic_session *session)
{
	struct clinic_call_tree tree;
	struct clinic_call_change *change;
	uint32_t count;

	if (!clinic_call_tree_start(&tree, false) &&
	    !clinic_call_tree_add(&tree, 1, session, CLINIC_WEIGHT_SAMPLES)) {
		clinic_call_tree_sum(&tree);
		if (!clinic_call_changes(&tree, &change, &count))
			free(change);
	}
	clinic_call_tree_free(&tree);
}

static void use_merge(struct clinic_session *session)
{
	struct clinic_session *into;

	if (clinic_session_new(&into))
		return;
	if (clinic_session_merge(into, session))
		abort(); /* what was read must be sound */
	clinic_session_free(into);
	(void)clinic_session_keep(session, 1, 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clinic_session *session;
	struct clinic_why why;

	if (clinic_session_parse((const char *)data, size, &session, &why))
		return 0;
	use_tallies(session);
	use_tree(session);
	use_merge(session);
	clinic_session_free(session);
	return 0;
}
