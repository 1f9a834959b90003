/*
 * unwind/mapped_list.h - the executable mappings of a process, by address.
 *
 * A process maps next to where it mapped last, above or below, ten thousands
 * of times: the free room of the array stands where the last one was put, so
 * that the next one moves few others.
 *
 *	items:  | below the gap |  free room  | above the gap |
 *
 * Ownership  all zero is an empty list; clinic_mapped_clear() frees.
 * Errors     0 or -ENOMEM, with the list as before.
 * Threads    many may search one that nobody changes; meanwhile anyone may
 *            hide and show.
 * Private to this room. Read next: unwind/address_space.h.
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
	bool is_hidden; /* not found, until it is shown again; atomic */
};

struct clinic_mapped_list {
	struct clinic_mapped *items;
	size_t count;
	size_t capacity;
	size_t gap; /* items that stand before the free room */
};

static inline const struct clinic_mapped *
clinic_mapped_at(const struct clinic_mapped_list *list, size_t index)
{
	return &list->items[index < list->gap
				    ? index
				    : index + list->capacity - list->count];
}

/*
 * How many mappings start at or before the address. The last of them may hold
 * it.
 */
size_t clinic_mapped_count_to(const struct clinic_mapped_list *list,
			      uint64_t address);
/* NULL: nothing is mapped there that is not hidden. */
const struct clinic_mapped *
clinic_mapped_find(const struct clinic_mapped_list *list, uint64_t address);

/* NULL: none begins and ends there in that module. Finds hidden ones, too. */
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
 * Replaces everything that `new` covers. *has_changed is set unless it was
 * there before.
 */
int clinic_mapped_insert(struct clinic_mapped_list *list,
			 const struct clinic_mapped *new, bool *has_changed);
int clinic_mapped_copy(const struct clinic_mapped_list *from,
		       struct clinic_mapped_list *to);
void clinic_mapped_clear(struct clinic_mapped_list *list);

#endif
