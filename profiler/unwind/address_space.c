/* Keeps the mappings of a process, and finds the module of an address. */
#include "unwind/address_space.h"

#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unwind/mapped_list.h"
#include "unwind/maps_lines.h"
#include "unwind/module_record.h"
#include "unwind/remapped_text.h"
#include "unwind/unwind_table.h"

struct clinic_space {
	struct clinic_modules *modules;
	pid_t pid;
	uint64_t version;
	struct clinic_mapped_list list;
	struct clinic_space *next, *previous; /* also of these modules */
};

static void renew_version(struct clinic_space *space)
{
	/* Versions start at 1, so that a zeroed cache matches no version. */
	static _Atomic uint64_t last_version;

	__atomic_store_n(&space->version,
			 atomic_fetch_add(&last_version, 1) + 1,
			 __ATOMIC_RELAXED);
}

uint64_t clinic_space_version(const struct clinic_space *space)
{
	return __atomic_load_n(&space->version, __ATOMIC_RELAXED);
}

static void follow(struct clinic_space *space)
{
	struct clinic_modules *modules = space->modules;

	if (!modules->follows_spaces)
		return;
	space->next = modules->spaces;
	if (space->next)
		space->next->previous = space;
	modules->spaces = space;
}

static void follow_no_more(struct clinic_space *space)
{
	if (!space->modules->follows_spaces)
		return;
	if (space->next)
		space->next->previous = space->previous;
	if (space->previous)
		space->previous->next = space->next;
	else
		space->modules->spaces = space->next;
}

int clinic_space_new(struct clinic_modules *modules, pid_t pid,
		     struct clinic_space **out)
{
	struct clinic_space *space = calloc(1, sizeof(*space));

	*out = space;
	if (!space)
		return -ENOMEM;
	space->modules = modules;
	space->pid = pid;
	renew_version(space);
	follow(space);
	return 0;
}

void clinic_space_free(struct clinic_space *space)
{
	if (!space)
		return;
	follow_no_more(space);
	clinic_mapped_clear(&space->list);
	free(space);
}

void clinic_spaces_mark(const struct clinic_modules *modules, uint32_t *marks)
{
	const struct clinic_space *space = modules->spaces;

	for (; space; space = space->next)
		for (size_t i = 0; i < space->list.count; i++) {
			const struct clinic_mapped *mapped =
				clinic_mapped_at(&space->list, i);

			marks[clinic_module_index(mapped->module)] =
				CLINIC_MODULE_MAPPED;
		}
}

int clinic_space_copy(const struct clinic_space *parent, pid_t pid,
		      struct clinic_space **out)
{
	struct clinic_space *child;
	int error = clinic_space_new(parent->modules, pid, &child);

	*out = NULL;
	if (!error)
		error = clinic_mapped_copy(&parent->list, &child->list);
	if (error)
		clinic_space_free(child);
	else
		*out = child;
	return error;
}

void clinic_space_reset(struct clinic_space *space)
{
	clinic_mapped_clear(&space->list);
	renew_version(space);
}

bool clinic_space_is_empty(const struct clinic_space *space)
{
	return space->list.count == 0;
}

static int insert(struct clinic_space *space, const struct clinic_mapped *new)
{
	bool has_changed = false;
	int error = clinic_mapped_insert(&space->list, new, &has_changed);

	if (has_changed)
		renew_version(space);
	return error;
}

/*
 * Finds the module of a mapping. Memory may hold the code of a file that the
 * program moved there.
 */
static int map_module(struct clinic_space *space,
		      const struct clinic_mapping *mapping,
		      struct clinic_mapped *new)
{
	const struct clinic_mapped *old;
	int error = clinic_modules_of_mapping(space->modules, space->pid,
					      mapping, &new->module);

	if (error || !clinic_module_is_memory(new->module))
		return error;
	new->file_offset = new->start;
	old = clinic_mapped_find(&space->list, new->start);
	if (!old) /* the code before it may have been moved, too */
		old = clinic_mapped_find(&space->list, new->start - 1);
	if (old && !clinic_module_is_memory(old->module))
		(void)clinic_text_replaces(space->pid, old, new);
	return 0;
}

static bool begin_mapped(const struct clinic_mapping *mapping,
			 struct clinic_mapped *new)
{
	*new = (struct clinic_mapped){
		.start = mapping->start,
		.end = mapping->start + mapping->size_bytes,
		.file_offset = mapping->file_offset,
	};
	return new->end > new->start;
}

int clinic_space_map(struct clinic_space *space,
		     const struct clinic_mapping *mapping)
{
	struct clinic_mapped new;
	int error;

	if (!begin_mapped(mapping, &new))
		return -EINVAL;
	error = map_module(space, mapping, &new);
	return error ? error : insert(space, &new);
}

struct reading {
	struct clinic_space *space;
	struct clinic_text_image image;
};

/* Is this memory code of the image to which the lines before it belong? */
static bool is_moved_text(struct reading *reading, struct clinic_mapped *new)
{
	const struct clinic_mapping *first = &reading->image.first.mapping;
	struct clinic_module *module;

	if (!first->path || first->file_offset ||
	    reading->image.end != new->start ||
	    clinic_modules_of_mapping(reading->space->modules,
				      reading->space->pid, first, &module))
		return false;
	reading->image.end = new->end;
	return clinic_text_place(module, first->start, new);
}

/* A clinic_on_maps_line. */
static int read_line(void *context, const struct clinic_listed_mapping *line)
{
	struct reading *reading = context;
	bool is_file = *line->mapping.path == '/' && line->mapping.inode;
	struct clinic_mapped new;

	if (is_file)
		clinic_text_image_follow(&reading->image, line);
	if (!line->is_executable || !begin_mapped(&line->mapping, &new))
		return 0;
	if (!is_file && is_moved_text(reading, &new))
		return insert(reading->space, &new);
	return clinic_space_map(reading->space, &line->mapping);
}

int clinic_space_read_maps(struct clinic_space *space)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int error;

	if (!reading)
		return -ENOMEM;
	reading->space = space;
	error = clinic_maps_lines_read(space->pid, read_line, reading);
	free(reading);
	return error;
}

int clinic_space_add_image(struct clinic_space *space,
			   const struct clinic_image *image)
{
	const ElfW(Phdr) *headers = image->headers;
	struct clinic_mapped new = {0};
	int error = clinic_modules_of_image(space->modules, image->path,
					    image->bias, headers,
					    image->headers_count, &new.module);

	if (error == -ENOEXEC)
		return 0; /* an image without code */
	for (size_t i = 0; i < image->headers_count && !error; i++) {
		const ElfW(Phdr) *header = &headers[i];

		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		new.start = image->bias + header->p_vaddr;
		new.end = new.start + header->p_memsz;
		new.file_offset = header->p_offset;
		error = insert(space, &new);
	}
	return error;
}

static int add_listed(struct clinic_space *space,
		      const struct dl_phdr_info *info, const char *path)
{
	const struct clinic_image image = {path, info->dlpi_addr,
					   info->dlpi_phdr, info->dlpi_phnum};

	return clinic_space_add_image(space, &image);
}

struct listing {
	struct clinic_space *space;
	bool is_first;
};

/* The program itself comes first and without a name, the vdso with one. */
static int on_image(struct dl_phdr_info *info, size_t size, void *context)
{
	struct listing *listing = context;
	const char *name = info->dlpi_name;
	char program[4096];
	ssize_t length;

	(void)size;
	if (name && !strchr(name, '/') && strstr(name, "vdso"))
		return add_listed(listing->space, info, "[vdso]");
	if (!listing->is_first)
		return add_listed(listing->space, info, name ? name : "");
	listing->is_first = false;
	length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	return add_listed(listing->space, info, program);
}

int clinic_space_read_self(struct clinic_modules *modules,
			   struct clinic_space **space)
{
	struct listing listing = {.is_first = true};
	int error = clinic_space_new(modules, getpid(), &listing.space);

	*space = NULL;
	if (error)
		return error;
	error = dl_iterate_phdr(on_image, &listing);
	if (error) {
		clinic_space_free(listing.space);
		return error;
	}
	*space = listing.space;
	return 0;
}

void clinic_space_hide(struct clinic_space *space,
		       bool (*is_there)(uint64_t start))
{
	bool has_changed = false;

	for (size_t i = 0; i < space->list.count; i++) {
		const struct clinic_mapped *mapped =
			clinic_mapped_at(&space->list, i);

		if (clinic_mapped_is_hidden(mapped) || is_there(mapped->start))
			continue;
		clinic_mapped_hide(clinic_mapped_same(&space->list, mapped),
				   true);
		has_changed = true;
	}
	/*
	 * The version changes last: what a cache has kept until now is of an
	 * older version.
	 */
	if (has_changed)
		renew_version(space);
}

bool clinic_space_show(struct clinic_space *space,
		       const struct clinic_space *image)
{
	for (size_t i = 0; i < image->list.count; i++)
		if (!clinic_mapped_same(&space->list,
					clinic_mapped_at(&image->list, i)))
			return false;
	for (size_t i = 0; i < image->list.count; i++)
		clinic_mapped_hide(
			clinic_mapped_same(&space->list,
					   clinic_mapped_at(&image->list, i)),
			false);
	renew_version(space);
	return true;
}

struct clinic_module *clinic_space_between(const struct clinic_space *space,
					   uint64_t start, uint64_t end)
{
	size_t count = clinic_mapped_count_to(&space->list, end - 1);
	const struct clinic_mapped *last =
		count ? clinic_mapped_at(&space->list, count - 1) : NULL;

	return last && last->end > start && !clinic_mapped_is_hidden(last)
		       ? last->module
		       : NULL;
}

int clinic_space_find(const struct clinic_space *space, uint64_t address,
		      struct clinic_place *place)
{
	const struct clinic_mapped *m =
		clinic_mapped_find(&space->list, address);

	if (!m)
		return -ENOENT;
	*place = (struct clinic_place){
		.module = m->module,
		.mapping_start = m->start,
		.mapping_end = m->end,
		.file_offset = address - m->start + m->file_offset,
	};
	return 0;
}

int clinic_space_code(const struct clinic_space *space, uint64_t address,
		      struct clinic_code *code)
{
	int error = clinic_space_find(space, address, &code->place);

	if (error)
		return error;
	code->table = clinic_module_table(code->place.module);
	code->elf_address = 0;
	if (code->table &&
	    clinic_unwind_table_address(code->table, code->place.file_offset,
					&code->elf_address) < 0)
		code->table = NULL;
	return 0;
}
