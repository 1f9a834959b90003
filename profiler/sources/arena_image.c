/* Reads the listings of maps and the call sites of one program's arena. */
#include "sources/arena_image.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"

static struct clinic_space **spaces_of(const struct arena_image *image)
{
	return image->spaces.elements;
}

void clinic_arena_image_free(struct arena_image *image)
{
	struct arena_row_seen **rows;

	if (!image)
		return;
	rows = image->rows.elements;
	for (size_t i = 0; i < image->spaces.count; i++)
		clinic_space_free(spaces_of(image)[i]);
	for (size_t i = 0; i < image->rows.count; i++)
		free(rows[i]);
	free(image->spaces.elements);
	free(image->sites.elements);
	free(image->pending.elements);
	free(image->rows.elements);
	free(image->waits.elements);
	free(image->locks.elements);
	clinic_arena_close(&image->file);
	free(image);
}

int clinic_arena_image_open(const struct clinic_shared_folder *folder,
			    const char *name, struct clinic_modules *modules,
			    struct arena_image **image)
{
	struct arena_image *opened = calloc(1, sizeof(*opened));
	int err;

	if (!opened)
		return -ENOMEM;
	opened->modules = modules;
	err = clinic_arena_open(folder, name, &opened->file);
	if (err) {
		clinic_arena_image_free(opened);
		return err;
	}
	*image = opened;
	return 0;
}

int clinic_arena_array_reach(struct arena_array *array, size_t wanted,
			     size_t element_bytes)
{
	char *grown;

	if (wanted <= array->count)
		return 0;
	grown = clinic_grow_by(array->elements, array->count,
			       wanted - array->count, &array->capacity,
			       element_bytes);
	if (!grown)
		return -ENOMEM;
	memset(grown + array->count * element_bytes, 0,
	       (wanted - array->count) * element_bytes);
	array->elements = grown;
	array->count = wanted;
	return 0;
}

static int map_lines(struct clinic_space *space, const char *line)
{
	struct clinic_mapping mapping;
	char path[PATH_MAX];
	int err = 0;

	for (; !err && *line; line = strchr(line, '\n') + 1) {
		if (!strchr(line, '\n'))
			break;
		if (clinic_arena_mapping(line, &mapping, path))
			err = clinic_space_map(space, &mapping);
	}
	return err;
}

static int read_listing(struct arena_image *image, size_t at)
{
	const char *there;
	size_t bytes = clinic_arena_text(&image->file, BLOCK_MAPS, at, &there);
	char *text;
	int err;

	if (!bytes)
		return 0;
	text = strndup(there, bytes); /* the target may change the original */
	if (!text)
		return -ENOMEM;
	err = clinic_space_new(image->modules, (pid_t)image->file.pid,
			       &spaces_of(image)[at]);
	if (!err)
		err = map_lines(spaces_of(image)[at], text);
	free(text);
	return err;
}

static int read_listings(struct arena_image *image)
{
	int err = clinic_arena_array_reach(&image->spaces,
					   image->file.blocks[BLOCK_MAPS].count,
					   sizeof(struct clinic_space *));

	for (size_t at = 0; !err && at < image->spaces.count; at++)
		if (!spaces_of(image)[at])
			err = read_listing(image, at);
	return err;
}

/* Reads a call site: 1; 0: it has no id yet; or -ENOMEM. */
static int read_site(struct arena_image *image, size_t at)
{
	const struct site_block *block =
		clinic_arena_block(&image->file, BLOCK_SITE, at);
	uint32_t id = __atomic_load_n(&block->id, __ATOMIC_ACQUIRE);
	struct arena_site *sites;
	int err;

	if (!id)
		return 0;
	if (id >= SITES_MAX)
		return 1; /* no site can have this id: it is damaged */
	err = clinic_arena_array_reach(&image->sites, (size_t)id + 1,
				       sizeof(*sites));
	if (err)
		return err;
	sites = image->sites.elements;
	sites[id].block = (uint32_t)at + 1;
	return 1;
}

static int keep_pending(struct arena_image *image, size_t at)
{
	size_t *pending;
	int err = clinic_arena_array_reach(
		&image->pending, image->pending.count + 1, sizeof(*pending));

	if (err)
		return err;
	pending = image->pending.elements;
	pending[image->pending.count - 1] = at;
	return 0;
}

static int read_pending(struct arena_image *image)
{
	size_t *pending = image->pending.elements;
	size_t kept = 0;
	int got = 0;

	for (size_t i = 0; got >= 0 && i < image->pending.count; i++) {
		got = read_site(image, pending[i]);
		if (!got)
			pending[kept++] = pending[i];
	}
	image->pending.count = kept;
	return got < 0 ? got : 0;
}

static int read_sites(struct arena_image *image)
{
	int err = read_pending(image);

	for (; !err && image->sites_read < image->file.blocks[BLOCK_SITE].count;
	     image->sites_read++) {
		int got = read_site(image, image->sites_read);

		err = got ? (got < 0 ? got : 0)
			  : keep_pending(image, image->sites_read);
	}
	return err;
}

int clinic_arena_image_refresh(struct arena_image *image)
{
	int err = clinic_arena_refresh(&image->file);

	if (!err)
		err = read_listings(image);
	return err ? err : read_sites(image);
}

int clinic_arena_image_site(struct arena_image *image, uint32_t id,
			    bool is_final, struct arena_event_site *found)
{
	const struct arena_blocks *blocks = &image->file.blocks[BLOCK_SITE];
	struct arena_site *sites = image->sites.elements;
	const struct site_block *block;
	uint32_t at, maps_at, frames_count;
	size_t most;

	if (!id || id >= SITES_MAX)
		return -ENOENT;
	if (id >= image->sites.count || !sites[id].block)
		return is_final ? -ENOENT : -EAGAIN;
	at = sites[id].block - 1;
	block = clinic_arena_block(&image->file, BLOCK_SITE, at);
	most = (blocks->entries[at].bytes - sizeof(*block)) / sizeof(uint64_t);
	maps_at = __atomic_load_n(&block->maps_at, __ATOMIC_RELAXED);
	frames_count = __atomic_load_n(&block->frames_count, __ATOMIC_RELAXED);
	(void)clinic_arena_stage(&image->file, block->stage, found->stage);
	found->site = (struct clinic_event_site){
		.space = maps_at < image->spaces.count
				 ? spaces_of(image)[maps_at]
				 : NULL,
		.frames = block->frames,
		.frames_count = frames_count < most ? frames_count
						    : (uint32_t)most,
		.stage = found->stage,
		.number = &sites[id].number,
	};
	return found->site.space || is_final ? 0 : -EAGAIN;
}

bool clinic_arena_image_is_unlisted(const struct arena_image *image)
{
	for (size_t i = 0; i < image->spaces.count; i++)
		if (spaces_of(image)[i])
			return false;
	return image->file.blocks[BLOCK_SITE].count > 0;
}

const char *clinic_arena_image_command(const struct arena_image *image,
				       char *text, size_t bytes)
{
	const char *there;
	size_t length =
		clinic_arena_text(&image->file, BLOCK_PROCESS, 0, &there);

	if (!length)
		return "a program";
	length = length < bytes - 1 ? length : bytes - 1;
	memcpy(text, there, length);
	text[length] = '\0';
	return text;
}
