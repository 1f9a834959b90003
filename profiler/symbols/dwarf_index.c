/* Finds the unit of an address, then its function, inlined calls and lines. */
#include "symbols/dwarf_index.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/dwarf_image.h"
#include "symbols/dwarf_names.h"
#include "symbols/dwarf_unit.h"
#include "foundation/growing_array.h"

/*
 * The index is dropped when it is larger than this. A batch of addresses asks
 * unit by unit, and few units are needed twice.
 */
#define INDEX_BYTES_MAX (12 << 20)

/* After this many units, the pages of the image are released, too. */
#define UNITS_RESIDENT 2

struct clinic_dwarf_index {
	const struct clinic_elf *binary;
	uint64_t damaged_count; /* before the index was last dropped */
	struct clinic_dwarf_image image;
	struct clinic_dwarf_image alternate;
	struct clinic_split_files split_files;
	struct clinic_dwarf_budget budget;
	struct clinic_dwarf_names names;
	struct clinic_dwarf_lines lines;
	struct clinic_range_index ranges; /* payload: index in units */
	struct clinic_dwarf_unit *units;
	size_t units_count;
	size_t units_capacity;
	uint32_t last_unit;
	uint32_t units_read; /* since the images were released */
	struct clinic_symbols_frame *frames; /* of the last answer */
	size_t frames_capacity;
};

static int add_unit(struct clinic_dwarf_index *index, Dwarf_Die *die)
{
	uint32_t payload = (uint32_t)index->units_count;
	uint64_t first;
	int error;
	void *grown = clinic_grow(index->units, index->units_count,
				  &index->units_capacity,
				  sizeof(*index->units));

	if (!grown)
		return -ENOMEM;
	index->units = grown;
	error = clinic_dwarf_add_ranges(die, &index->budget, &index->ranges,
					payload, &first);
	if (error == -ENOENT)
		return 0; /* no code of this unit was linked */
	if (error)
		return error;
	index->units[index->units_count++] =
		(struct clinic_dwarf_unit){.die = *die, .code = *die};
	return 0;
}

/*
 * The list is made from the units, and not from .debug_aranges: clang does not
 * write that section, and after link-time optimisation it lacks some units.
 */
static int list_units(struct clinic_dwarf_index *index)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Half version;
	uint8_t type;
	Dwarf_Die die;
	int found = 0, error = 0;

	while (!error) {
		found = dwarf_get_units(index->image.dwarf, unit, &unit,
					&version, &type, &die, NULL);
		if (found)
			break;
		if (dwarf_tag(&die) == DW_TAG_compile_unit ||
		    dwarf_tag(&die) == DW_TAG_skeleton_unit)
			error = add_unit(index, &die);
	}
	clinic_range_index_sort(&index->ranges);
	if (found < 0 || error == -EBADMSG)
		index->budget.damaged_count++;
	return error == -EBADMSG ? 0 : error;
}

/* Everything but the list of units can be read again. */
static void forget(struct clinic_dwarf_index *index)
{
	for (size_t i = 0; i < index->units_count; i++)
		clinic_dwarf_unit_clear(&index->units[i]);
	clinic_dwarf_names_clear(&index->names);
	index->damaged_count = clinic_dwarf_index_damaged(index);
	clinic_dwarf_lines_clear(&index->lines);
	/*
	 * The budget is doubled, because nested functions are listed by a
	 * second pass.
	 */
	index->budget = (struct clinic_dwarf_budget){
		.binary = index->binary,
		.ranges_left = 2 * index->image.size_bytes,
	};
}

static void release(struct clinic_dwarf_index *index)
{
	clinic_dwarf_image_release(&index->image);
	clinic_dwarf_image_release(&index->alternate);
	index->units_read = 0;
}

static int begin(struct clinic_dwarf_index *index)
{
	int error;

	forget(index);
	dwarf_setalt(index->image.dwarf, index->alternate.dwarf);
	error = list_units(index);
	release(index);
	return error;
}

int clinic_dwarf_index_new(const struct clinic_elf *binary,
			   const struct clinic_elf *debug,
			   const struct clinic_elf *alternate,
			   const struct clinic_split_files *split_files,
			   uint64_t bytes_max,
			   struct clinic_dwarf_index **index)
{
	struct clinic_dwarf_index *made = calloc(1, sizeof(*made));
	int error;

	if (!made)
		return -ENOMEM;
	made->binary = binary;
	made->lines.binary = binary;
	made->lines.bytes_max = bytes_max / 4;
	made->split_files = *split_files;
	made->split_files.bytes_max = bytes_max / 4;
	error = clinic_dwarf_image_open(debug, bytes_max / 2, &made->image);
	if (!error && alternate)
		/* Only names that several files share need this file. */
		clinic_dwarf_image_open(alternate, bytes_max / 2,
					&made->alternate);
	if (!error)
		error = begin(made);
	if (error) {
		clinic_dwarf_index_free(made);
		return error;
	}
	*index = made;
	return 0;
}

void clinic_dwarf_index_free(struct clinic_dwarf_index *index)
{
	if (!index)
		return;
	forget(index);
	clinic_range_index_clear(&index->ranges);
	free(index->units);
	free(index->frames);
	clinic_dwarf_image_close(&index->image);
	clinic_dwarf_image_close(&index->alternate);
	clinic_split_files_close(&index->split_files);
	free(index);
}

uint64_t clinic_dwarf_index_bytes(const struct clinic_dwarf_index *index)
{
	return index->image.size_bytes + index->alternate.size_bytes +
	       index->budget.bytes_used + index->names.bytes +
	       index->lines.bytes;
}

uint64_t clinic_dwarf_index_damaged(const struct clinic_dwarf_index *index)
{
	return index->damaged_count + index->budget.damaged_count +
	       index->lines.damaged_count;
}

static const char *string_of(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr(die, name, &attribute));
}

static struct clinic_split_unit split_unit_of(Dwarf_Die *die)
{
	struct clinic_split_unit unit = {0};
	Dwarf_Half version = 0;
	uint8_t type;

	unit.folder = string_of(die, DW_AT_comp_dir);
	unit.name = string_of(die, DW_AT_dwo_name);
	if (!unit.name)
		unit.name = string_of(die, DW_AT_GNU_dwo_name);
	dwarf_cu_info(die->cu, &version, &type, NULL, NULL, &unit.id, NULL,
		      NULL);
	unit.is_version_5 = version >= 5;
	return unit;
}

/* The functions of a skeleton are described elsewhere. */
static void find_split(struct clinic_dwarf_index *index,
		       struct clinic_dwarf_unit *unit)
{
	struct clinic_split_unit wanted;
	Dwarf_Die split;
	int fd;

	if (unit->is_prepared)
		return;
	unit->is_prepared = true;
	wanted = split_unit_of(&unit->die);
	if (!wanted.name)
		return;
	fd = clinic_split_files_find(&index->split_files, &wanted);
	if (fd < 0) {
		index->budget.damaged_count += fd == -EBADMSG;
		return;
	}
	if (!clinic_dwarf_image_link_split(&index->image, &unit->die, fd,
					   &split))
		unit->code = split;
	close(fd);
}

/*
 * Memory is freed between units only. Otherwise a unit that takes more than its
 * share by itself would be read again for each address.
 */
static void make_room(struct clinic_dwarf_index *index, uint32_t unit)
{
	uint64_t bytes = index->budget.bytes_used + index->names.bytes +
			 index->lines.bytes;

	if (unit == index->last_unit)
		return;
	if (bytes > INDEX_BYTES_MAX)
		forget(index);
	if (++index->units_read > UNITS_RESIDENT)
		release(index);
	index->last_unit = unit;
}

uint32_t clinic_dwarf_index_unit(const struct clinic_dwarf_index *index,
				 uint64_t address)
{
	uint32_t at;

	return clinic_range_index_find(&index->ranges, address, &at)
		       ? UINT32_MAX
		       : at;
}

static int find_unit(struct clinic_dwarf_index *index, uint64_t address,
		     struct clinic_dwarf_unit **unit)
{
	uint32_t at;
	int error = clinic_range_index_find(&index->ranges, address, &at);

	if (error)
		return error;
	make_room(index, at);
	*unit = &index->units[at];
	find_split(index, *unit);
	return 0;
}

static void find_line(struct clinic_dwarf_index *index,
		      struct clinic_dwarf_unit *unit, uint64_t address,
		      const char **file, uint32_t *line)
{
	struct clinic_line_table *table =
		clinic_dwarf_lines_of_unit(&index->lines, &unit->die);
	const struct clinic_line_row *row;
	uint64_t end;

	row = table ? clinic_line_table_find(table, address, &end) : NULL;
	*file = row ? clinic_line_table_file(table, row->file) : NULL;
	*line = row ? row->line : 0;
}

static void find_call(struct clinic_dwarf_index *index,
		      struct clinic_dwarf_unit *unit, Dwarf_Die *call,
		      const char **file, uint32_t *line)
{
	Dwarf_Attribute attribute;
	Dwarf_Word number = 0;

	dwarf_formudata(dwarf_attr(call, DW_AT_call_line, &attribute), &number);
	*line = (uint32_t)number;
	*file = clinic_dwarf_lines_file(
		&index->lines, dwarf_attr(call, DW_AT_call_file, &attribute),
		&unit->die);
}

static int add_frame(struct clinic_dwarf_index *index, size_t at,
		     const struct clinic_symbols_frame *frame)
{
	void *grown = clinic_grow(index->frames, at, &index->frames_capacity,
				  sizeof(*index->frames));

	if (!grown)
		return -ENOMEM;
	index->frames = grown;
	index->frames[at] = *frame;
	return 0;
}

/* Lists the frames from the innermost inlined call out to the function. */
static int list_frames(struct clinic_dwarf_index *index,
		       struct clinic_dwarf_unit *unit,
		       struct clinic_dwarf_function *function, uint32_t scope,
		       struct clinic_dwarf_answer *answer)
{
	const char *file = answer->file;
	uint32_t line = answer->line;

	for (;;) {
		struct clinic_dwarf_scope *s = &function->scopes[scope];
		const struct clinic_dwarf_name *name = clinic_dwarf_names_find(
			&index->names, &index->lines, &s->die, &unit->die);
		int error;

		if (!name)
			return -ENOMEM;
		error = add_frame(index, answer->frames_count++,
				  &(struct clinic_symbols_frame){
					  .function = name->function,
					  .file = file,
					  .line = line,
					  .defined_file = name->defined_file,
					  .defined_line = name->defined_line,
					  .start = s->start,
					  .is_inline = scope != 0,
				  });
		if (error || scope == 0)
			return error;
		find_call(index, unit, &s->die, &file, &line);
		scope = s->parent;
	}
}

int clinic_dwarf_index_find(struct clinic_dwarf_index *index, uint64_t address,
			    struct clinic_dwarf_answer *answer)
{
	struct clinic_dwarf_function *function;
	struct clinic_dwarf_unit *unit;
	uint32_t scope;
	int error = find_unit(index, address, &unit);

	*answer = (struct clinic_dwarf_answer){0};
	if (error)
		return error;
	find_line(index, unit, address, &answer->file, &answer->line);
	error = clinic_dwarf_unit_find(unit, &index->budget, address,
				       &function);
	if (error)
		return error == -ENOENT && answer->file ? 0 : error;
	scope = clinic_dwarf_function_find(function, address);
	error = list_frames(index, unit, function, scope, answer);
	answer->frames = index->frames;
	return error;
}

struct range_search {
	struct clinic_dwarf_index *index;
	const char *wanted;
	clinic_symbols_on_range *on_range;
	void *context;
	size_t found_count;
};

static void report_if_wanted(struct range_search *search,
			     struct clinic_dwarf_unit *unit, Dwarf_Die *die,
			     const struct clinic_range *range, bool is_inline)
{
	const struct clinic_dwarf_name *name = clinic_dwarf_names_find(
		&search->index->names, &search->index->lines, die, &unit->die);

	if (!name || !name->function ||
	    (strcmp(name->function, search->wanted) &&
	     (!name->source_name || strcmp(name->source_name, search->wanted))))
		return;
	search->found_count++;
	search->on_range(search->context, &(struct clinic_symbols_range){
						  .function = name->function,
						  .start = range->start,
						  .end = range->end,
						  .is_inline = is_inline,
					  });
}

static void search_function(struct range_search *search,
			    struct clinic_dwarf_unit *unit,
			    const struct clinic_dwarf_function *function)
{
	for (size_t i = 0; i < function->inlined.count; i++) {
		const struct clinic_range *range = &function->inlined.ranges[i];

		report_if_wanted(search, unit,
				 &function->scopes[range->payload].die, range,
				 true);
	}
}

static void search_unit(struct range_search *search,
			struct clinic_dwarf_unit *unit)
{
	for (size_t i = 0; i < unit->ranges.count; i++) {
		const struct clinic_range *range = &unit->ranges.ranges[i];

		report_if_wanted(search, unit,
				 &unit->functions[range->payload].scopes[0].die,
				 range, false);
	}
	for (size_t i = 0; i < unit->functions_count; i++)
		search_function(search, unit, &unit->functions[i]);
}

int clinic_dwarf_index_ranges(struct clinic_dwarf_index *index,
			      const char *function,
			      clinic_symbols_on_range *on_range, void *context)
{
	struct range_search search = {index, function, on_range, context, 0};
	int error = 0;

	for (size_t i = 0; !error && i < index->units_count; i++) {
		struct clinic_dwarf_unit *unit = &index->units[i];

		find_split(index, unit);
		error = clinic_dwarf_unit_read_all(unit, &index->budget);
		if (!error)
			search_unit(&search, unit);
		clinic_dwarf_unit_clear(unit);
	}
	forget(index);
	return !error && !search.found_count ? -ENOENT : error;
}

int clinic_dwarf_index_lines(struct clinic_dwarf_index *index, uint64_t start,
			     uint64_t end, clinic_symbols_on_line *on_line,
			     void *context)
{
	struct clinic_dwarf_unit *unit;
	struct clinic_line_table *table;
	int error = find_unit(index, start, &unit);

	if (error)
		return error == -ENOENT ? -ENODATA : error;
	table = clinic_dwarf_lines_of_unit(&index->lines, &unit->die);
	if (!table)
		return -ENODATA;
	while (start < end) {
		uint64_t next;
		const struct clinic_line_row *row =
			clinic_line_table_find(table, start, &next);

		if (!row)
			break;
		next = next < end ? next : end;
		on_line(context, &(struct clinic_symbols_line){
					 .start = start,
					 .end = next,
					 .file = clinic_line_table_file(
						 table, row->file),
					 .line = row->line,
				 });
		start = next;
	}
	return 0;
}
