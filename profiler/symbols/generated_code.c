/* Decides which generated function is the latest at each address. */
#include "symbols/generated_code.h"

#include <errno.h>
#include <stdlib.h>

#include "foundation/growing_array.h"

/* No program makes as many functions; a file with more is an attack. */
#define RANGES_MAX (1u << 22)

int clinic_generated_add(struct clinic_generated_code *code,
			 const struct clinic_generated_range *range,
			 const char *name, size_t name_bytes)
{
	struct clinic_generated_range *grown;
	uint32_t offset;
	int error;

	if (code->count == RANGES_MAX)
		return -EBADMSG;
	error = clinic_symbol_table_add_name(code->table, name, name_bytes,
					     &offset);
	if (error)
		return error;
	grown = clinic_grow(code->ranges, code->count, &code->capacity,
			    sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	code->ranges = grown;
	grown[code->count] = *range;
	grown[code->count++].name = offset;
	return 0;
}

/*
 * A sweep over the addresses. `order` has the ranges by their start; `heap` has
 * those that hold the address at which the sweep stands, with the one that was
 * added last on top.
 */
struct sweep {
	const struct clinic_generated_code *code;
	uint32_t *order;
	size_t next;
	uint32_t *heap;
	size_t heap_count;
	uint64_t at;
};

static int compare_starts(const void *left, const void *right, void *context)
{
	const struct clinic_generated_range *ranges = context;
	uint64_t a = ranges[*(const uint32_t *)left].start;
	uint64_t b = ranges[*(const uint32_t *)right].start;

	return (a > b) - (a < b);
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t kept = *a;

	*a = *b;
	*b = kept;
}

static void push(struct sweep *sweep, uint32_t range)
{
	size_t at = sweep->heap_count++;

	sweep->heap[at] = range;
	for (; at && sweep->heap[(at - 1) / 2] < sweep->heap[at];
	     at = (at - 1) / 2)
		swap(&sweep->heap[(at - 1) / 2], &sweep->heap[at]);
}

static void pop(struct sweep *sweep)
{
	size_t at = 0, larger;

	sweep->heap[0] = sweep->heap[--sweep->heap_count];
	for (; (larger = 2 * at + 1) < sweep->heap_count; at = larger) {
		if (larger + 1 < sweep->heap_count &&
		    sweep->heap[larger + 1] > sweep->heap[larger])
			larger++;
		if (sweep->heap[at] >= sweep->heap[larger])
			return;
		swap(&sweep->heap[at], &sweep->heap[larger]);
	}
}

static const struct clinic_generated_range *
next_in_order(const struct sweep *sweep)
{
	return sweep->next < sweep->code->count
		       ? &sweep->code->ranges[sweep->order[sweep->next]]
		       : NULL;
}

/* The latest added of all ranges that hold `at`; NULL: there are none. */
static const struct clinic_generated_range *find_last_told(struct sweep *sweep)
{
	const struct clinic_generated_range *ranges = sweep->code->ranges;
	const struct clinic_generated_range *next;

	while (sweep->heap_count && ranges[sweep->heap[0]].end <= sweep->at)
		pop(sweep);
	next = next_in_order(sweep);
	if (!sweep->heap_count && next && next->start > sweep->at)
		sweep->at = next->start;
	for (; (next = next_in_order(sweep)) && next->start <= sweep->at;
	     sweep->next++)
		push(sweep, sweep->order[sweep->next]);
	while (sweep->heap_count && ranges[sweep->heap[0]].end <= sweep->at)
		pop(sweep);
	return sweep->heap_count ? &ranges[sweep->heap[0]] : NULL;
}

static int add_symbols(struct sweep *sweep)
{
	const struct clinic_generated_range *range, *next;
	int error = 0;

	while (!error && (sweep->heap_count || next_in_order(sweep))) {
		uint64_t end;

		range = find_last_told(sweep);
		if (!range)
			continue;
		next = next_in_order(sweep);
		end = next && next->start < range->end ? next->start
						       : range->end;
		error = clinic_symbol_table_add(
			sweep->code->table,
			&(struct clinic_symbol){.start = sweep->at,
						.size = end - sweep->at,
						.name = range->name});
		sweep->at = end;
	}
	return error;
}

static int sweep_all(struct clinic_generated_code *code)
{
	struct sweep sweep = {
		.code = code,
		.order = calloc(code->count + 1, sizeof(uint32_t)),
		.heap = calloc(code->count + 1, sizeof(uint32_t)),
	};
	int error = sweep.order && sweep.heap ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < code->count; i++)
		sweep.order[i] = (uint32_t)i;
	if (!error) {
		qsort_r(sweep.order, code->count, sizeof(uint32_t),
			compare_starts, code->ranges);
		error = add_symbols(&sweep);
	}
	free(sweep.order);
	free(sweep.heap);
	return error;
}

int clinic_generated_finish(struct clinic_generated_code *code)
{
	int error = sweep_all(code);

	if (!error)
		error = clinic_symbol_table_finish(code->table, NULL);
	free(code->ranges);
	code->ranges = NULL;
	code->count = code->capacity = 0;
	return error;
}
