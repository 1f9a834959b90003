/*
 * unwind/function_list.h - the functions that a binary has descriptions of,
 * by address, from one section or two.
 *
 *	struct clinic_function_list list = { .base = base };
 *	clinic_function_list_scan(&list, &debug_frame);
 *	clinic_function_list_scan(&list, &eh_frame);
 *	clinic_function_list_sort(&list);
 *
 * Private to this room. What is described twice is taken from the section
 * that was added last.
 *
 * Ownership  sections must outlive the list; free the list's items.
 * Errors     0 or -errno; damage is counted and left out.
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
	uint32_t order; /* among all that were added */
};

struct clinic_function_list {
	uint64_t base; /* functions below it, or too far above, are left out */
	struct clinic_listed_function *items;
	size_t count;
	size_t capacity;
	size_t damaged_count;
};

/* All of a section, from its beginning to its end. */
int clinic_function_list_scan(struct clinic_function_list *list,
			      const struct clinic_cfi_section *section);

/*
 * Those that the linker's search table, .eh_frame_hdr, names. segment is the
 * memory that holds table and descriptions: where .eh_frame ends in it, no
 * program header says.
 */
int clinic_function_list_index(struct clinic_function_list *list,
			       const struct clinic_cfi_section *segment,
			       const struct clinic_elf_range *index);

/* By address, and then in the order in which they were added. */
void clinic_function_list_sort(struct clinic_function_list *list);

#endif
