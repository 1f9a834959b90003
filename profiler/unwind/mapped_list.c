/* Keeps mappings in a sorted array whose free room is a gap in the middle. */
#include "unwind/mapped_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"

size_t clinic_mapped_count_to(const struct clinic_mapped_list *list,
			      uint64_t address)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (clinic_mapped_at(list, middle)->start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct clinic_mapped *
clinic_mapped_find(const struct clinic_mapped_list *list, uint64_t address)
{
	size_t count = clinic_mapped_count_to(list, address);
	const struct clinic_mapped *last;

	if (!count)
		return NULL;
	last = clinic_mapped_at(list, count - 1);
	return address < last->end && !clinic_mapped_is_hidden(last) ? last
								     : NULL;
}

static void move_gap(struct clinic_mapped_list *list, size_t to)
{
	size_t room = list->capacity - list->count;
	struct clinic_mapped *items = list->items;

	if (to < list->gap)
		memmove(items + to + room, items + to,
			(list->gap - to) * sizeof(*items));
	else if (to > list->gap)
		memmove(items + list->gap, items + list->gap + room,
			(to - list->gap) * sizeof(*items));
	list->gap = to;
}

/* The array grows at its end, so the gap is moved there first. */
static int reserve(struct clinic_mapped_list *list, size_t more)
{
	struct clinic_mapped *grown;

	if (list->capacity - list->count >= more)
		return 0;
	if (list->items)
		move_gap(list, list->count);
	grown = clinic_grow_by(list->items, list->count, more, &list->capacity,
			       sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	return 0;
}

static bool is_same(const struct clinic_mapped *a,
		    const struct clinic_mapped *b)
{
	return a->start == b->start && a->end == b->end &&
	       a->file_offset == b->file_offset && a->module == b->module;
}

struct clinic_mapped *clinic_mapped_same(struct clinic_mapped_list *list,
					 const struct clinic_mapped *wanted)
{
	size_t count = clinic_mapped_count_to(list, wanted->start), at;

	if (!count || !is_same(clinic_mapped_at(list, count - 1), wanted))
		return NULL;
	at = count - 1;
	return &list->items[at < list->gap ? at
					   : at + list->capacity - list->count];
}

/*
 * Lists the part of the old mappings before `new`, then `new`, then the part
 * after it: at most three.
 */
static size_t list_parts(const struct clinic_mapped *old_first,
			 const struct clinic_mapped *old_last,
			 const struct clinic_mapped *new,
			 struct clinic_mapped parts[3])
{
	size_t count = 0;

	if (old_first && old_first->start < new->start) {
		parts[count] = *old_first;
		parts[count++].end = new->start;
	}
	parts[count++] = *new;
	if (old_last && old_last->end > new->end) {
		parts[count] = *old_last;
		parts[count].file_offset += new->end - old_last->start;
		parts[count++].start = new->end;
	}
	return count;
}

int clinic_mapped_insert(struct clinic_mapped_list *list,
			 const struct clinic_mapped *new, bool *has_changed)
{
	size_t first = clinic_mapped_count_to(list, new->start), last, count;
	struct clinic_mapped parts[3];
	int error = reserve(list, 2); /* one mapping may be split in two */

	if (error)
		return error;
	if (first && clinic_mapped_at(list, first - 1)->end > new->start)
		first--;
	for (last = first; last < list->count &&
			   clinic_mapped_at(list, last)->start < new->end;
	     last++)
		;
	if (last == first + 1 && is_same(clinic_mapped_at(list, first), new))
		return 0;
	count = last > first ? list_parts(clinic_mapped_at(list, first),
					  clinic_mapped_at(list, last - 1), new,
					  parts)
			     : list_parts(NULL, NULL, new, parts);
	move_gap(list, last);
	list->gap = first;
	list->count -= last - first;
	memcpy(list->items + list->gap, parts, count * sizeof(*parts));
	list->gap += count;
	list->count += count;
	*has_changed = true;
	return 0;
}

int clinic_mapped_copy(const struct clinic_mapped_list *from,
		       struct clinic_mapped_list *to)
{
	*to = (struct clinic_mapped_list){0};
	if (!from->count)
		return 0;
	to->items = malloc(from->count * sizeof(*to->items));
	if (!to->items)
		return -ENOMEM;
	for (size_t i = 0; i < from->count; i++)
		to->items[i] = *clinic_mapped_at(from, i);
	to->count = to->capacity = to->gap = from->count;
	return 0;
}

void clinic_mapped_clear(struct clinic_mapped_list *list)
{
	free(list->items);
	*list = (struct clinic_mapped_list){0};
}
