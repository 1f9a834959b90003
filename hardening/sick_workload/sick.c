/* sick.c - the workload of the workflow tests; it passes its block to
 * sum_block. */

#include "sum.h"

#include <clinic/stage.h>
#include <clinic/workload.h>

static int sick_setup(const struct clinic_input *input, void **state)
{
	static struct block block;

	block.bytes = input->fixture;
	block.bytes_count = input->fixture_bytes;
	*state = &block;
	return 0;
}

static void sick_teardown(void *state)
{
	(void)state;
}

static size_t sick_ops(const void *state)
{
	const struct block *block = state;

	return block->bytes_count;
}

static uint64_t sick_run(void *state)
{
	uint64_t sum;

	clinic_stage_begin("sum");
	sum = sum_block(state);
	clinic_stage_end("sum");
	return sum;
}

const struct clinic_workload clinic_workload = {
	.name = "sick",
	.op = "byte",
	.setup = sick_setup,
	.teardown = sick_teardown,
	.ops = sick_ops,
	.run = sick_run,
};
