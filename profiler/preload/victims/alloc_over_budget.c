/*
 * alloc_over_budget CASE: with "kept" the program stays within its budgets and
 * exits with 0; with "hot", "count" or "bytes" it exceeds one of them.
 */
#include <clinic/assert_alloc.h>
#include <stdlib.h>
#include <string.h>

static void *volatile hidden;

__attribute__((noinline)) static void allocate(size_t bytes)
{
	hidden = malloc(bytes);
	free(hidden);
}

__attribute__((noinline)) static void grow_in_secret(void)
{
	allocate(24); /* the offending call, below "hot" */
}

static void run_parse(int count, size_t bytes)
{
	clinic_stage_begin("parse");
	while (count--)
		allocate(bytes);
	clinic_stage_end("parse");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "kept";

	clinic_assert_no_alloc("hot");
	clinic_alloc_budget("parse", 3, 100);
	allocate(1000);   /* outside any stage there is no budget */
	run_parse(3, 30); /* 90 bytes */
	run_parse(3, 30); /* each run of a stage has the whole budget */
	clinic_stage_begin("hot");
	clinic_stage_begin("inner");
	if (!strcmp(what, "hot"))
		grow_in_secret();
	clinic_stage_end("inner");
	clinic_stage_end("hot");
	if (!strcmp(what, "count"))
		run_parse(4, 1);
	if (!strcmp(what, "bytes"))
		run_parse(2, 60);
	return 0;
}
