#include "unwind/address_space.h"

#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unwind/module_record.h"
#include "unwind/unwind_table.h"

/* An executable mapping; the list is sorted and without overlaps. */
struct mapped {
	uint64_t start;
	uint64_t end;
	uint64_t file_offset;
	struct clinic_module *module;
};

struct clinic_space {
	struct clinic_modules *modules;
	pid_t pid;
	uint64_t version;
	struct mapped *list;
	size_t count;
};

static void take_version(struct clinic_space *space)
{
	/* From 1: zeroed caches must match nothing. */
	static _Atomic uint64_t last_version;

	space->version = atomic_fetch_add(&last_version, 1) + 1;
}

uint64_t clinic_space_version(const struct clinic_space *space)
{
	return space->version;
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
	take_version(space);
	return 0;
}

void clinic_space_free(struct clinic_space *space)
{
	if (space)
		free(space->list);
	free(space);
}

int clinic_space_copy(const struct clinic_space *parent, pid_t pid,
		      struct clinic_space **out)
{
	size_t bytes = parent->count * sizeof(*parent->list);
	struct clinic_space *child;
	int error = clinic_space_new(parent->modules, pid, &child);

	*out = child;
	if (error || parent->count == 0)
		return error;
	child->list = malloc(bytes);
	if (!child->list) {
		clinic_space_free(child);
		*out = NULL;
		return -ENOMEM;
	}
	memcpy(child->list, parent->list, bytes);
	child->count = parent->count;
	return 0;
}

void clinic_space_reset(struct clinic_space *space)
{
	free(space->list);
	space->list = NULL;
	space->count = 0;
	take_version(space);
}

bool clinic_space_is_empty(const struct clinic_space *space)
{
	return space->count == 0;
}

/* What of `old` lies before and after `new`; returns how many parts. */
static size_t keep_uncovered(const struct mapped *old, const struct mapped *new,
			     struct mapped *parts)
{
	size_t count = 0;

	if (old->start < new->start) {
		parts[count] = *old;
		if (parts[count].end > new->start)
			parts[count].end = new->start;
		count++;
	}
	if (old->end > new->end) {
		parts[count] = *old;
		if (parts[count].start < new->end) {
			parts[count].start = new->end;
			parts[count].file_offset += new->end - old->start;
		}
		count++;
	}
	return count;
}

static size_t add_uncovered(const struct mapped *old, const struct mapped *new,
			    struct mapped *list, bool *has_new)
{
	struct mapped parts[2];
	size_t parts_count = keep_uncovered(old, new, parts), count = 0;

	for (size_t i = 0; i < parts_count; i++) {
		if (!*has_new && parts[i].start > new->start) {
			list[count++] = *new;
			*has_new = true;
		}
		list[count++] = parts[i];
	}
	return count;
}

static int insert(struct clinic_space *space, const struct mapped *new)
{
	/* One may be split in two. */
	struct mapped *list = malloc((space->count + 2) * sizeof(*list));
	bool has_new = false;
	size_t count = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < space->count; i++)
		count += add_uncovered(&space->list[i], new, &list[count],
				       &has_new);
	if (!has_new)
		list[count++] = *new;
	free(space->list);
	space->list = list;
	space->count = count;
	take_version(space);
	return 0;
}

int clinic_space_map(struct clinic_space *space,
		     const struct clinic_mapping *mapping)
{
	struct mapped new = {.start = mapping->start,
			     .end = mapping->start + mapping->size_bytes,
			     .file_offset = mapping->file_offset};
	int error;

	if (new.end <= new.start)
		return -EINVAL;
	error = clinic_modules_of_mapping(space->modules, space->pid, mapping,
					  &new.module);
	if (error)
		return error;
	if (clinic_module_is_memory(new.module))
		new.file_offset = new.start;
	return insert(space, &new);
}

/* 1: an executable mapping, 0: another line. */
static int parse_line(char *line, struct clinic_mapping *mapping)
{
	char permissions[5];
	uint64_t end;
	int path_at = 0;

	line[strcspn(line, "\n")] = '\0';
	*mapping = (struct clinic_mapping){0};
	if (sscanf(line,
		   "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64
		   " %n",
		   &mapping->start, &end, permissions, &mapping->file_offset,
		   &mapping->device_major, &mapping->device_minor,
		   &mapping->inode, &path_at) < 7)
		return 0;
	mapping->size_bytes = end - mapping->start;
	mapping->path = line[path_at] ? line + path_at : "//anon";
	return permissions[2] == 'x';
}

int clinic_space_read_maps(struct clinic_space *space)
{
	struct clinic_mapping mapping;
	char path[32], *line = NULL;
	size_t capacity = 0;
	int error = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)space->pid);
	maps = fopen(path, "re");
	if (!maps)
		return -errno;
	while (!error && getline(&line, &capacity, maps) > 0)
		if (parse_line(line, &mapping))
			error = clinic_space_map(space, &mapping);
	if (!error && ferror(maps))
		error = -errno;
	free(line);
	fclose(maps);
	return error;
}

static int add_image(struct clinic_space *space,
		     const struct dl_phdr_info *info, const char *path)
{
	struct mapped new = {0};
	int error = clinic_modules_of_image(space->modules, path,
					    info->dlpi_addr, info->dlpi_phdr,
					    info->dlpi_phnum, &new.module);

	if (error == -ENOEXEC)
		return 0; /* an image without code */
	for (size_t i = 0; i < info->dlpi_phnum && !error; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];

		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		new.start = info->dlpi_addr + header->p_vaddr;
		new.end = new.start + header->p_memsz;
		new.file_offset = header->p_offset;
		error = insert(space, &new);
	}
	return error;
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
		return add_image(listing->space, info, "[vdso]");
	if (!listing->is_first)
		return add_image(listing->space, info, name ? name : "");
	listing->is_first = false;
	length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	return add_image(listing->space, info, program);
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

/* The last mapping that starts at or before the address, if it reaches it. */
static const struct mapped *find(const struct clinic_space *space,
				 uint64_t address)
{
	size_t low = 0, high = space->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (space->list[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address >= space->list[low - 1].end)
		return NULL;
	return &space->list[low - 1];
}

bool clinic_space_covers(const struct clinic_space *space,
			 const struct clinic_space *other)
{
	for (size_t i = 0; i < other->count; i++) {
		const struct mapped *theirs = &other->list[i];
		const struct mapped *ours = find(space, theirs->start);

		if (!ours || ours->module != theirs->module ||
		    ours->end < theirs->end)
			return false;
	}
	return true;
}

int clinic_space_find(const struct clinic_space *space, uint64_t address,
		      struct clinic_place *place)
{
	const struct mapped *m = find(space, address);

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
