/* Reads where functions begin from the search table of .eh_frame_hdr. */
#include "symbols/fde_starts.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* version, three encodings, then .eh_frame's address and the count. */
#define HEADER_BYTES 12
#define ENTRY_BYTES  8

static uint32_t word_at(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* GNU ld, gold and lld write this form, and no other. */
static bool is_known_form(const uint8_t *header)
{
	return header[0] == 1 && (header[1] & 0xf) == DW_EH_PE_sdata4 &&
	       header[2] == DW_EH_PE_udata4 &&
	       header[3] == (DW_EH_PE_datarel | DW_EH_PE_sdata4);
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static int read_table(const struct clinic_elf_bytes *table, uint64_t address,
		      struct clinic_fde_starts *starts)
{
	size_t count;

	if (table->size < HEADER_BYTES || !is_known_form(table->bytes))
		return -ENODATA;
	count = word_at(table->bytes + 8);
	if (count > (table->size - HEADER_BYTES) / ENTRY_BYTES)
		return -EBADMSG;
	starts->starts = malloc((count + 1) * sizeof(*starts->starts));
	if (!starts->starts)
		return -ENOMEM;
	starts->count = count;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *entry =
			table->bytes + HEADER_BYTES + i * ENTRY_BYTES;

		starts->starts[i] = address + (uint64_t)(int32_t)word_at(entry);
	}
	qsort(starts->starts, count, sizeof(*starts->starts), compare);
	return 0;
}

int clinic_fde_starts_read(const struct clinic_elf *binary,
			   struct clinic_fde_starts *starts)
{
	struct clinic_elf_bytes table;
	uint64_t address;
	int error = clinic_elf_read_segment(binary, PT_GNU_EH_FRAME, &table,
					    &address);

	if (error)
		return error;
	error = read_table(&table, address, starts);
	free(table.bytes);
	return error;
}

int clinic_fde_starts_find(const struct clinic_fde_starts *starts,
			   const struct clinic_elf *binary, uint64_t address,
			   uint64_t *start)
{
	size_t low = 0, high = starts->count;

	if (!clinic_elf_is_code(binary, address))
		return -ENOENT;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (starts->starts[middle] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return -ENOENT;
	*start = starts->starts[low - 1];
	return 0;
}

void clinic_fde_starts_clear(struct clinic_fde_starts *starts)
{
	free(starts->starts);
	*starts = (struct clinic_fde_starts){0};
}
