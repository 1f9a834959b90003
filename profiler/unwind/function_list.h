/*
 * unwind/function_list.h - lists the functions that the unwind information of a
 * binary describes, by address, from one or two sections.
 *
 *	struct clinic_function_list list = { .base = base };
 *	clinic_function_list_scan(&list, &debug_frame);
 *	clinic_function_list_scan(&list, &eh_frame);
 *	clinic_function_list_sort(&list);
 *
 * Private to this room. If both sections describe a function, the section that
 * was added last is used.
 *
 * Ownership  sections must outlive the list; the caller frees list->items.
 * Errors     0 or -errno; damaged entries are counted and left out.
 * Read next  unwind/cfi.h; unwind/unwind_table.h.
 */
#ifndef CLINIC_UNWIND_FUNCTION_LIST_H
#define CLINIC_UNWIND_FUNCTION_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "unwind/cfi.h"
#include "unwind/elf_layout.h"

struct clinic_listed_function {
	struct clinic_cfi_function function;
	const struct clinic_cfi_section *section;
	uint32_t order; /* its place in the order of adding */
};

struct clinic_function_list {
	uint64_t base; /* functions below it, or too far above, are left out */
	struct clinic_listed_function *items;
	size_t count;
	size_t capacity;
	size_t damaged_count;
};

/* Adds all functions of a section, from its beginning to its end. */
int clinic_function_list_scan(struct clinic_function_list *list,
			      const struct clinic_cfi_section *section);

/*
 * Adds the functions that the linker's search table, .eh_frame_hdr, lists.
 * segment is the memory that contains the table and the descriptions, because
 * no program header says where .eh_frame ends.
 */
int clinic_function_list_index(struct clinic_function_list *list,
			       const struct clinic_cfi_section *segment,
			       const struct clinic_elf_range *index);

/*
 * Sorts by address, and equal addresses in the order in which they were added.
 */
void clinic_function_list_sort(struct clinic_function_list *list);

#endif
