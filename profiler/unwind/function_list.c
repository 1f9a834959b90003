/* Lists the functions of unwind sections, and sorts them by address. */
#include "unwind/function_list.h"

#include <errno.h>
#include <stdlib.h>

#include "foundation/byte_reader.h"
#include "foundation/growing_array.h"

/* Rows have 32 bits for an address; the address of discarded code is zero. */
static bool is_in_reach(const struct clinic_function_list *list,
			const struct clinic_cfi_function *function)
{
	return function->size > 0 && function->start >= list->base &&
	       function->start + function->size - list->base <= UINT32_MAX;
}

static int add(struct clinic_function_list *list,
	       const struct clinic_cfi_section *section,
	       const struct clinic_cfi_function *function)
{
	struct clinic_listed_function *grown;

	if (!is_in_reach(list, function))
		return 0;
	grown = clinic_grow(list->items, list->count, &list->capacity,
			    sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	grown[list->count++] = (struct clinic_listed_function){
		.function = *function, .section = section};
	return 0;
}

int clinic_function_list_scan(struct clinic_function_list *list,
			      const struct clinic_cfi_section *section)
{
	struct clinic_cfi_function function;
	size_t at = 0;
	int found, error = 0;

	do {
		found = clinic_cfi_next(section, &at, &function);
		if (found == 1)
			error = add(list, section, &function);
		else if (found < 0)
			list->damaged_count++;
	} while (!error && (found == 1 || found == -EBADMSG));
	return error;
}

struct search_table {
	struct byte_reader pairs; /* two numbers of 4 bytes: function, FDE */
	uint64_t count;
};

enum {
	TABLE_VERSION = 1,
	TABLE_POINTER_BYTES = 4,
	TABLE_COUNT_ENCODING = 0x03, /* udata4 */
	TABLE_PAIRS_ENCODING = 0x3b  /* sdata4, relative to the table */
};

static int read_search_table(const struct clinic_cfi_section *segment,
			     const struct clinic_elf_range *index,
			     struct search_table *table)
{
	const uint8_t *bytes =
		segment->bytes + (index->address - segment->address);
	struct byte_reader r = {.at = bytes, .end = bytes + index->size};
	uint8_t version, count_encoding, pairs_encoding;

	version = read_u8(&r);
	skip_bytes(&r, 1); /* .eh_frame's address is always encoded so */
	count_encoding = read_u8(&r);
	pairs_encoding = read_u8(&r);
	skip_bytes(&r, TABLE_POINTER_BYTES);
	table->count = read_unsigned(&r, 4);
	table->pairs = r;
	if (r.failed || version != TABLE_VERSION ||
	    count_encoding != TABLE_COUNT_ENCODING ||
	    pairs_encoding != TABLE_PAIRS_ENCODING ||
	    table->count > bytes_left(&r) / 8)
		return -EBADMSG;
	return 0;
}

int clinic_function_list_index(struct clinic_function_list *list,
			       const struct clinic_cfi_section *segment,
			       const struct clinic_elf_range *index)
{
	struct clinic_cfi_function function;
	struct search_table table;
	uint64_t entries_bytes = 0;
	int error = read_search_table(segment, index, &table);

	for (uint64_t i = 0; !error && i < table.count; i++) {
		uint64_t entry;

		skip_bytes(&table.pairs, 4);
		entry = index->address - segment->address +
			(uint64_t)read_signed(&table.pairs, 4);
		if (clinic_cfi_at(segment, (size_t)entry, &function) < 0) {
			list->damaged_count++;
			continue;
		}
		error = add(list, segment, &function);
		/* If entries overlap, a small file could take forever. */
		entries_bytes += function.entry_size;
		if (entries_bytes > segment->size)
			error = -EBADMSG;
	}
	return error;
}

/*
 * qsort() may change the order of equal functions, so their place in the list
 * decides.
 */
static int compare(const void *left, const void *right)
{
	const struct clinic_listed_function *a = left, *b = right;

	if (a->function.start != b->function.start)
		return a->function.start < b->function.start ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

void clinic_function_list_sort(struct clinic_function_list *list)
{
	bool is_sorted = true;

	for (size_t i = 0; i < list->count; i++) {
		list->items[i].order = (uint32_t)i;
		is_sorted &= i == 0 ||
			     compare(&list->items[i - 1], &list->items[i]) <= 0;
	}
	if (!is_sorted) /* linkers have mostly sorted them */
		qsort(list->items, list->count, sizeof(*list->items), compare);
}
