/* Finds the table and the column of each kind of weight. */
#include "session/weight.h"

#include <string.h>

#include "session/session.h"

static const struct {
	const char *name;
	const char *unit;
	enum clinic_table table;
} weights[CLINIC_WEIGHTS] = {
	[CLINIC_WEIGHT_CPU] = {"cpu", "ns", CLINIC_SAMPLES},
	[CLINIC_WEIGHT_SAMPLES] = {"samples", "samples", CLINIC_SAMPLES},
	[CLINIC_WEIGHT_ALLOCATIONS] = {"allocations", "allocations",
				       CLINIC_ALLOCATIONS},
	[CLINIC_WEIGHT_BYTES] = {"bytes", "bytes", CLINIC_ALLOCATIONS},
	[CLINIC_WEIGHT_PEAK] = {"peak", "bytes", CLINIC_ALLOCATIONS},
	[CLINIC_WEIGHT_LEAKED] = {"leaked", "bytes", CLINIC_ALLOCATIONS},
	[CLINIC_WEIGHT_WAIT] = {"wait", "ns", CLINIC_LOCKS},
	[CLINIC_WEIGHT_OFF_CPU] = {"offcpu", "ns", CLINIC_WAITS},
};

const char *clinic_weight_name(enum clinic_weight weight)
{
	return weights[weight].name;
}

const char *clinic_weight_unit(enum clinic_weight weight)
{
	return weights[weight].unit;
}

bool clinic_weight_find(const char *name, enum clinic_weight *weight)
{
	for (unsigned int i = 0; i < CLINIC_WEIGHTS; i++)
		if (!strcmp(name, weights[i].name)) {
			*weight = i;
			return true;
		}
	return false;
}

bool clinic_weight_is_sampled(enum clinic_weight weight)
{
	return weights[weight].table == CLINIC_SAMPLES;
}

static bool has_cpu_time(const struct clinic_session *session)
{
	uint32_t count;
	const struct clinic_sample *sample =
		clinic_session_rows(session, CLINIC_SAMPLES, &count);

	for (uint32_t i = 0; i < count; i++)
		if (sample[i].weight_ns)
			return true;
	return false;
}

enum clinic_weight clinic_weight_default(const struct clinic_session *session)
{
	static const enum clinic_weight others[] = {
		CLINIC_WEIGHT_SAMPLES, CLINIC_WEIGHT_BYTES, CLINIC_WEIGHT_WAIT,
		CLINIC_WEIGHT_OFF_CPU};

	if (has_cpu_time(session))
		return CLINIC_WEIGHT_CPU;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (clinic_weight_rows(session, others[i]))
			return others[i];
	return CLINIC_WEIGHT_CPU;
}

uint32_t clinic_weight_rows(const struct clinic_session *session,
			    enum clinic_weight weight)
{
	uint32_t count;

	clinic_session_rows(session, weights[weight].table, &count);
	return count;
}

static void weigh_sample(const struct clinic_sample *sample, bool count,
			 struct clinic_weighed *weighed)
{
	*weighed = (struct clinic_weighed){
		.stack_id = sample->stack_id,
		.thread_id = sample->thread_id,
		.stage_id = sample->stage_id,
		.samples_count = 1,
		.value = count ? 1 : sample->weight_ns,
	};
}

static void weigh_lock(const struct clinic_lock *lock,
		       struct clinic_weighed *weighed)
{
	*weighed = (struct clinic_weighed){
		.stack_id = lock->stack_id,
		.thread_id = lock->thread_id,
		.stage_id = lock->stage_id,
		.value = lock->wait_ns,
	};
}

static void weigh_allocation(const struct clinic_allocation *allocation,
			     enum clinic_weight weight,
			     struct clinic_weighed *weighed)
{
	uint64_t value = allocation->bytes;

	if (weight == CLINIC_WEIGHT_ALLOCATIONS)
		value = allocation->allocations_count;
	else if (weight == CLINIC_WEIGHT_PEAK)
		value = allocation->peak_bytes;
	else if (weight == CLINIC_WEIGHT_LEAKED)
		value = allocation->leaked_bytes;
	*weighed = (struct clinic_weighed){
		.stack_id = allocation->stack_id,
		.thread_id = allocation->thread_id,
		.stage_id = allocation->stage_id,
		.value = value,
	};
}

void clinic_weight_row(const struct clinic_session *session,
		       enum clinic_weight weight, uint32_t row,
		       struct clinic_weighed *weighed)
{
	enum clinic_table table = weights[weight].table;
	uint32_t count;
	const void *rows = clinic_session_rows(session, table, &count);

	if (table == CLINIC_ALLOCATIONS)
		weigh_allocation((const struct clinic_allocation *)rows + row,
				 weight, weighed);
	else if (table == CLINIC_LOCKS)
		weigh_lock((const struct clinic_lock *)rows + row, weighed);
	else
		weigh_sample((const struct clinic_sample *)rows + row,
			     weight == CLINIC_WEIGHT_SAMPLES, weighed);
}
