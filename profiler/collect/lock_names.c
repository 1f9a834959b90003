/* Looks a lock's address up among the variables of its program's files. */
#include "collect/lock_names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "sources/data_symbol.h"

static const char *const kinds[LOCK_KINDS] = {
	[LOCK_MUTEX] = "mutex", [LOCK_RWLOCK] = "rwlock",
	[LOCK_COND] = "cond",   [LOCK_SEM] = "sem",
	[LOCK_JOIN] = "join",   [LOCK_BARRIER] = "barrier",
};

/* A file that the program had loaded. */
struct loaded_object {
	char path[PATH_MAX];
	struct clinic_loaded_range range;
};

struct clinic_lock_names {
	const struct arena_image *image; /* whose objects these are */
	size_t listings_count;
	struct loaded_object *objects;
	size_t objects_count, objects_room;
};

int clinic_lock_names_new(struct clinic_lock_names **names)
{
	*names = calloc(1, sizeof(**names));
	return *names ? 0 : -ENOMEM;
}

void clinic_lock_names_free(struct clinic_lock_names *names)
{
	if (!names)
		return;
	free(names->objects);
	free(names);
}

static int add_object(struct clinic_lock_names *names, const char *line)
{
	struct loaded_object *grown =
		clinic_grow(names->objects, names->objects_count,
			    &names->objects_room, sizeof(*grown));
	struct loaded_object *object;
	struct clinic_mapping mapping;

	if (!grown)
		return -ENOMEM;
	names->objects = grown;
	object = &grown[names->objects_count];
	if (clinic_arena_mapping(line, &mapping, object->path) &&
	    object->path[0] == '/' &&
	    !clinic_loaded_range(&mapping, &object->range))
		names->objects_count++;
	return 0;
}

static int read_listing(struct clinic_lock_names *names,
			const struct arena_image *image, size_t at)
{
	const char *there;
	size_t bytes = clinic_arena_text(&image->file, BLOCK_MAPS, at, &there);
	char *text = strndup(bytes ? there : "", bytes);
	char *rest = text, *line;
	int err = text ? 0 : -ENOMEM;

	while (!err && (line = strsep(&rest, "\n")))
		err = add_object(names, line);
	free(text);
	return err;
}

static int find_objects(struct clinic_lock_names *names,
			const struct arena_image *image)
{
	size_t count = image->file.blocks[BLOCK_MAPS].count;
	int err = 0;

	if (names->image == image && names->listings_count == count)
		return 0;
	names->objects_count = 0;
	for (size_t at = 0; !err && at < count; at++)
		err = read_listing(names, image, at);
	names->image = image;
	names->listings_count = count;
	return err;
}

void clinic_lock_names_forget(struct clinic_lock_names *names)
{
	names->image = NULL;
}

static void name_address(const struct clinic_lock_names *names,
			 uint64_t address, char name[CLINIC_LOCK_NAME_BYTES])
{
	for (size_t i = 0; i < names->objects_count; i++) {
		const struct loaded_object *object = &names->objects[i];
		uint64_t there = address - object->range.bias;

		if (address < object->range.low ||
		    address >= object->range.high)
			continue;
		if (clinic_data_symbol(object->path, there, name,
				       CLINIC_LOCK_NAME_BYTES))
			snprintf(name, CLINIC_LOCK_NAME_BYTES, "%s+0x%" PRIx64,
				 object->path, there);
		return;
	}
	snprintf(name, CLINIC_LOCK_NAME_BYTES, "0x%" PRIx64, address);
}

int clinic_lock_names_find(struct clinic_lock_names *names,
			   const struct arena_image *image, uint32_t lock,
			   const char **kind, char name[CLINIC_LOCK_NAME_BYTES])
{
	const struct lock_block *block =
		clinic_arena_block(&image->file, BLOCK_LOCK, lock);
	uint32_t number = block ? block->kind : LOCK_KINDS;
	int err = find_objects(names, image);

	*kind = number < LOCK_KINDS ? kinds[number] : "lock";
	if (!err)
		name_address(names, block ? block->address : 0, name);
	return err;
}
