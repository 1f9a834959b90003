/* Decides whether a sample belongs to an instrument or to the program. */
#include "session/instrument_time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"
#include "session/session_rows.h"

static const char library_name[] = "libclinic-preload.so";

static const char *library_of(const struct clinic_session *session,
			      uint32_t frame_id)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &count);

	return clinic_session_library_path(session, frame[frame_id].library_id);
}

static const char *function_of(const struct clinic_session *session,
			       uint32_t frame_id)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &count);

	return clinic_session_text(session, frame[frame_id].function_id);
}

static bool is_of_kernel(const char *path)
{
	return !strncmp(path, "[kernel", strlen("[kernel"));
}

static bool is_perf_event(const char *function)
{
	static const char *const prefixes[] = {"perf_event_", "__perf_event_",
					       "perf_swevent_", "perf_output_",
					       "perf_prepare_sample"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(function, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

bool clinic_frame_is_instrument(const struct clinic_session *session,
				uint32_t frame_id)
{
	const char *path = library_of(session, frame_id);
	const char *slash = strrchr(path, '/');

	if (is_of_kernel(path))
		return is_perf_event(function_of(session, frame_id));
	return !strcmp(slash ? slash + 1 : path, library_name);
}

bool clinic_stack_is_instrument(const struct clinic_session *session,
				uint32_t stack_id)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &count);

	for (uint32_t at = stack_id; at; at = stack[at].parent_id) {
		const char *path = library_of(session, stack[at].frame_id);

		if (clinic_frame_is_instrument(session, stack[at].frame_id))
			return true;
		if (!is_of_kernel(path) && strcmp(path, "[vdso]") != 0)
			return false;
	}
	return false;
}

/* Many samples have the same stack, whose verdict is remembered. */
enum verdict { UNKNOWN, OF_PROGRAM, OF_INSTRUMENT };

static bool is_sample_of_instrument(const struct clinic_session *session,
				    uint32_t stack_id, uint8_t *verdicts)
{
	if (verdicts[stack_id] == UNKNOWN)
		verdicts[stack_id] =
			clinic_stack_is_instrument(session, stack_id)
				? OF_INSTRUMENT
				: OF_PROGRAM;
	return verdicts[stack_id] == OF_INSTRUMENT;
}

/* Sums the time of samples of the instruments; removes them if asked to. */
static int visit_samples(const struct clinic_session *session,
			 struct clinic_rows *rows, bool are_left_out,
			 uint64_t *sum_ns)
{
	struct clinic_sample *sample = rows->row;
	uint8_t *verdicts =
		calloc(session->table[CLINIC_STACKS].count + 1ul, 1);
	uint32_t kept = 0;

	*sum_ns = 0;
	if (!verdicts)
		return -ENOMEM;
	for (uint32_t i = 0; i < rows->count; i++) {
		bool is_theirs = is_sample_of_instrument(
			session, sample[i].stack_id, verdicts);

		if (is_theirs)
			*sum_ns += sample[i].weight_ns;
		if (are_left_out && !is_theirs)
			sample[kept++] = sample[i];
	}
	if (are_left_out)
		rows->count = kept;
	free(verdicts);
	return 0;
}

int clinic_instrument_cpu_ns(const struct clinic_session *session,
			     uint64_t *sum_ns)
{
	struct clinic_rows samples = session->table[CLINIC_SAMPLES];

	return visit_samples(session, &samples, false, sum_ns);
}

int clinic_session_leave_out_instrument(struct clinic_session *session,
					uint64_t *sum_ns)
{
	uint64_t *accounted_ns = &session->quality.accounted_cpu_ns;
	int err = visit_samples(session, &session->table[CLINIC_SAMPLES], true,
				sum_ns);

	*accounted_ns -= *sum_ns < *accounted_ns ? *sum_ns : *accounted_ns;
	return err;
}
