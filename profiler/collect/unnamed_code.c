/* Finds the file with most samples in code without names. */
#include "collect/unnamed_code.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "session/quality.h"
#include "session/session.h"

static bool is_unnamed(const struct clinic_session *session,
		       const struct clinic_frame *frame)
{
	uint32_t count;
	const struct clinic_library *library =
		clinic_session_rows(session, CLINIC_LIBRARIES, &count);

	return !clinic_tier_is_name(frame->tier) &&
	       strncmp(clinic_session_text(session,
					   library[frame->library_id].path_id),
		       "[kernel", strlen("[kernel"));
}

int clinic_unnamed_code_find(const struct clinic_session *session,
			     struct clinic_unnamed_code *unnamed)
{
	uint32_t samples_count, libraries_count, count;
	const struct clinic_sample *sample =
		clinic_session_rows(session, CLINIC_SAMPLES, &samples_count);
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &count);
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &count);
	uint64_t *of_library;

	clinic_session_rows(session, CLINIC_LIBRARIES, &libraries_count);
	*unnamed = (struct clinic_unnamed_code){0};
	of_library = calloc(libraries_count, sizeof(*of_library));
	if (!of_library)
		return -ENOMEM;
	for (uint32_t i = 0; i < samples_count; i++) {
		const struct clinic_frame *leaf =
			&frame[stack[sample[i].stack_id].frame_id];

		if (!sample[i].stack_id || !is_unnamed(session, leaf))
			continue;
		unnamed->samples_count++;
		if (++of_library[leaf->library_id] >
		    of_library[unnamed->library_id])
			unnamed->library_id = leaf->library_id;
	}
	free(of_library);
	return 0;
}
