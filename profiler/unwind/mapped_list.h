/*
 * unwind/mapped_list.h - the executable mappings of a process, sorted by
 * address.
 *
 *	items:  | below the gap |  free room  | above the gap |
 *
 * A process mostly maps beside its last mapping, above or below, and may do so
 * tens of thousands of times. So the free room of the array is where the last
 * mapping was inserted, and the next one moves few others.
 *
 * Private to this room.
 *
 * Ownership  all zero is an empty list; clinic_mapped_clear() frees it.
 * Errors     0 or -ENOMEM, and the list is as before.
 * Threads    many may search a list that nobody changes; meanwhile anyone may
 *            hide and show mappings.
 * Read next  unwind/address_space.h.
 */
#ifndef CLINIC_UNWIND_MAPPED_LIST_H
#define CLINIC_UNWIND_MAPPED_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clinic_module;

struct clinic_mapped {
	uint64_t start;
	uint64_t end;
	uint64_t file_offset;
	struct clinic_module *module;
	bool is_hidden; /* is not found until it is shown again; atomic */
};

struct clinic_mapped_list {
	struct clinic_mapped *items;
	size_t count;
	size_t capacity;
	size_t gap; /* how many items are before the free room */
};

static inline const struct clinic_mapped *
clinic_mapped_at(const struct clinic_mapped_list *list, size_t index)
{
	return &list->items[index < list->gap
				    ? index
				    : index + list->capacity - list->count];
}

/*
 * How many mappings start at or before the address. Only the last of them can
 * contain it.
 */
size_t clinic_mapped_count_to(const struct clinic_mapped_list *list,
			      uint64_t address);
/* NULL: nothing is mapped there, or it is hidden. */
const struct clinic_mapped *
clinic_mapped_find(const struct clinic_mapped_list *list, uint64_t address);

/*
 * The mapping with this start, end, offset and module, also if it is hidden;
 * NULL: there is none.
 */
struct clinic_mapped *clinic_mapped_same(struct clinic_mapped_list *list,
					 const struct clinic_mapped *wanted);
static inline bool clinic_mapped_is_hidden(const struct clinic_mapped *mapped)
{
	return __atomic_load_n(&mapped->is_hidden, __ATOMIC_RELAXED);
}

static inline void clinic_mapped_hide(struct clinic_mapped *mapped,
				      bool is_hidden)
{
	__atomic_store_n(&mapped->is_hidden, is_hidden, __ATOMIC_RELAXED);
}

/*
 * Inserts `new`, which replaces everything that it covers. *has_changed is set,
 * unless the same mapping was there before.
 */
int clinic_mapped_insert(struct clinic_mapped_list *list,
			 const struct clinic_mapped *new, bool *has_changed);
int clinic_mapped_copy(const struct clinic_mapped_list *from,
		       struct clinic_mapped_list *to);
void clinic_mapped_clear(struct clinic_mapped_list *list);

#endif
