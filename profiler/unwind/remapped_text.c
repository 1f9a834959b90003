/* Recognises memory that holds the code of a file at the addresses of it. */
#include "unwind/remapped_text.h"

#include <errno.h>
#include <string.h>

#include "unwind/module.h"
#include "unwind/module_record.h"
#include "unwind/unwind_row.h"
#include "unwind/unwind_table.h"

void clinic_text_image_follow(struct clinic_text_image *image,
			      const struct clinic_listed_mapping *line)
{
	const struct clinic_mapping *first = &image->first.mapping;

	image->end = line->mapping.start + line->mapping.size_bytes;
	if (first->path && first->inode == line->mapping.inode &&
	    first->device_major == line->mapping.device_major &&
	    first->device_minor == line->mapping.device_minor)
		return;
	image->first = *line;
	image->first.mapping.path = image->path;
	strncpy(image->path, line->mapping.path, sizeof(image->path) - 1);
}

bool clinic_text_place(struct clinic_module *module, uint64_t start,
		       struct clinic_mapped *text)
{
	const struct clinic_unwind_table *table = clinic_module_table(module);
	uint64_t bias, offset, last;

	if (!table)
		return false;
	bias = start - clinic_unwind_table_base(table);
	if (clinic_unwind_table_offset(table, text->start - bias, &offset) ||
	    clinic_unwind_table_offset(table, text->end - 1 - bias, &last) ||
	    last - offset != text->end - 1 - text->start)
		return false;
	text->module = module;
	text->file_offset = offset;
	return true;
}

struct search {
	const struct clinic_module *module;
	uint64_t start; /* where the first byte of the file would be */
	bool is_found;
};

static int look_for_image(void *context,
			  const struct clinic_listed_mapping *line)
{
	struct search *search = context;

	search->is_found |= line->mapping.start == search->start &&
			    line->mapping.inode == search->module->inode;
	return 0;
}

bool clinic_text_replaces(pid_t pid, const struct clinic_mapped *old,
			  struct clinic_mapped *text)
{
	struct clinic_module *module = old->module;
	const struct clinic_unwind_table *table = clinic_module_table(module);
	struct search search = {.module = module};
	uint64_t address;

	if (!table ||
	    clinic_unwind_table_address(table, old->file_offset, &address))
		return false;
	search.start = old->start - address + clinic_unwind_table_base(table);
	if (!clinic_text_place(module, search.start, text))
		return false;
	/*
	 * If the process has ended, this cannot be checked; moved code is the
	 * usual case.
	 */
	return clinic_maps_lines_read(pid, look_for_image, &search) < 0 ||
	       search.is_found;
}
