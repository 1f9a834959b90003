/*
 * Allocates in stages: "parse" makes 2 x 5 allocations of 8 bytes, and "copy"
 * inside it 2 x 3 of 16 bytes; 1 allocation of 1 byte is outside any stage.
 * Exits with 1 if clinic_preload_counts returns other numbers.
 */
#include <clinic/alloc.h>
#include <errno.h>
#include <stdlib.h>

static void allocate(size_t count, size_t bytes)
{
	for (size_t i = 0; i < count; i++) {
		void *volatile block = malloc(bytes);

		free(block);
	}
}

static int differs(const char *stage, uint64_t count, uint64_t bytes)
{
	struct clinic_alloc_counts counts;

	return clinic_preload_counts(stage, &counts) ||
	       counts.allocations_count != count ||
	       counts.frees_count != count || counts.allocated_bytes != bytes;
}

int main(void)
{
	struct clinic_alloc_counts counts;

	allocate(1, 1);
	for (int i = 0; i < 2; i++) {
		clinic_stage_begin("parse");
		allocate(5, 8);
		clinic_stage_begin("copy");
		allocate(3, 16);
		clinic_stage_end("copy");
		clinic_stage_end("parse");
		clinic_stage_end("never begun");
	}
	if (!clinic_preload_counts)
		return 0; /* nobody counts */
	return differs("parse", 16, 176) || differs("copy", 6, 96) ||
	       clinic_preload_counts("never begun", &counts) != -ENOENT;
}
