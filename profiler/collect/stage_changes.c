/* Keeps the stages of threads by time. */
#include "collect/stage_changes.h"

#include <errno.h>
#include <stdlib.h>

#include "foundation/growing_array.h"

int clinic_stage_changes_add(struct clinic_stage_changes *changes, uint32_t tid,
			     uint64_t time_ns, uint32_t stage_id)
{
	struct clinic_stage_change *grown = clinic_grow(
		changes->rows, changes->count, &changes->room, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	changes->rows = grown;
	grown[changes->count++] = (struct clinic_stage_change){
		.time_ns = time_ns, .tid = tid, .stage_id = stage_id};
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct clinic_stage_change *a = left, *b = right;

	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

void clinic_stage_changes_sort(struct clinic_stage_changes *changes)
{
	if (changes->count)
		qsort(changes->rows, changes->count, sizeof(*changes->rows),
		      compare);
}

/* The stage of the thread's last change before that time. */
uint32_t clinic_stage_changes_at(const struct clinic_stage_changes *changes,
				 uint32_t tid, uint64_t time_ns)
{
	const struct clinic_stage_change wanted = {.time_ns = time_ns,
						   .tid = tid};
	const struct clinic_stage_change *rows = changes->rows;
	size_t low = 0, high = changes->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare(&rows[middle], &wanted) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low && rows[low - 1].tid == tid ? rows[low - 1].stage_id : 0;
}

void clinic_stage_changes_keep_last(struct clinic_stage_changes *changes)
{
	size_t kept = 0;

	for (size_t i = 0; i < changes->count; i++)
		if (i + 1 == changes->count ||
		    changes->rows[i + 1].tid != changes->rows[i].tid)
			changes->rows[kept++] = changes->rows[i];
	changes->count = kept;
}

void clinic_stage_changes_free(struct clinic_stage_changes *changes)
{
	free(changes->rows);
	*changes = (struct clinic_stage_changes){0};
}
