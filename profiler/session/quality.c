/* Counts samples by tier and by how complete they are. */
#include "session/quality.h"

#include <errno.h>
#include <stdlib.h>

#include "session/session.h"

static void count_samples(const struct clinic_session *session,
			  struct clinic_quality_counts *counts,
			  uint64_t *by_stack)
{
	uint32_t count;
	const struct clinic_sample *sample =
		clinic_session_rows(session, CLINIC_SAMPLES, &count);

	counts->samples_count = count;
	for (uint32_t i = 0; i < count; i++) {
		counts->sampled_cpu_ns += sample[i].weight_ns;
		if (sample[i].flags & CLINIC_SAMPLE_ALTERNATE_STACK)
			counts->alternate_stack_count++;
		if (sample[i].flags & CLINIC_SAMPLE_TRUNCATED)
			counts->truncated_count++;
		else if (sample[i].flags & CLINIC_SAMPLE_GUESSED)
			counts->guessed_count++;
		by_stack[sample[i].stack_id]++;
	}
}

int clinic_quality_count(const struct clinic_session *session,
			 struct clinic_quality_counts *counts)
{
	uint32_t stacks_count;
	uint32_t frames_count;
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &stacks_count);
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &frames_count);
	uint64_t *below = calloc(stacks_count, sizeof(*below));

	*counts = (struct clinic_quality_counts){0};
	if (!below)
		return -ENOMEM;
	count_samples(session, counts, below);
	for (uint32_t i = 0; i < stacks_count; i++)
		counts->leaves[frame[stack[i].frame_id].tier] += below[i];
	/* A sample contains the frames of its stack and of all parents. */
	for (uint32_t i = stacks_count; i-- > 1;) {
		counts->frames[frame[stack[i].frame_id].tier] += below[i];
		below[stack[i].parent_id] += below[i];
	}
	free(below);
	return 0;
}
