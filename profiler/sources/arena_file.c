/* Reads an arena's file while the target writes it, and each length once. */
#include "sources/arena_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/growing_array.h"
#include "sources/file_owner.h"

/* With steps, the file of a busy program is not mapped anew at each refresh. */
#define MAP_STEP_BYTES ((size_t)4 << 20)

static size_t round_up(size_t bytes)
{
	return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

/* The least size of a payload of each kind. */
static const size_t least_bytes[BLOCK_KINDS] = {
	[BLOCK_STAGES] = sizeof(struct stage_table),
	[BLOCK_THREAD] = sizeof(struct thread_block),
	[BLOCK_SITE] = sizeof(struct site_block),
	[BLOCK_ROWS] = sizeof(struct rows_block),
	[BLOCK_MAPS] = sizeof(struct text_block),
	[BLOCK_PROCESS] = sizeof(struct text_block),
	[BLOCK_LOCK] = sizeof(struct lock_block),
	[BLOCK_WAIT] = sizeof(struct wait_block),
	[BLOCK_TOUCHED] = sizeof(struct touched_block),
};

void clinic_arena_note_damage(struct arena_file *file, const char *what)
{
	if (!file->damage)
		file->damage = what;
}

static int add_block(struct arena_file *file, uint32_t kind, uint64_t at,
		     uint64_t bytes)
{
	struct arena_blocks *blocks = &file->blocks[kind];
	struct arena_entry *grown = clinic_grow(blocks->entries, blocks->count,
						&blocks->room, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	blocks->entries = grown;
	grown[blocks->count++] = (struct arena_entry){at, bytes};
	return 0;
}

/* Reads the next block: 1; 0: it does not exist yet, or is damaged; -ENOMEM. */
static int read_block(struct arena_file *file, uint64_t used)
{
	size_t head_bytes = round_up(sizeof(struct arena_block));
	const struct arena_block *block =
		(const void *)((const char *)file->mapping.at +
			       file->read_bytes);
	uint32_t kind;
	uint64_t bytes;
	int err;

	if (used < file->read_bytes || used - file->read_bytes < head_bytes)
		return 0;
	kind = __atomic_load_n(&block->kind, __ATOMIC_ACQUIRE);
	bytes = __atomic_load_n(&block->bytes, __ATOMIC_RELAXED);
	if (kind == BLOCK_NONE)
		return 0;
	if (kind >= BLOCK_KINDS || bytes % ARENA_ALIGN ||
	    bytes > used - file->read_bytes ||
	    bytes < head_bytes + least_bytes[kind]) {
		clinic_arena_note_damage(
			file, "a block in its arena has no such length");
		return 0;
	}
	err = add_block(file, kind, file->read_bytes + head_bytes,
			bytes - head_bytes);
	file->read_bytes += bytes;
	return err ? err : 1;
}

/* Opens it by name, since a descriptor for each process would be too many. */
static int map_again(struct arena_file *file, uint64_t used)
{
	int fd = clinic_shared_folder_open(file->folder, file->name, O_RDWR);
	struct stat status;
	uint64_t wanted;
	int err = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status))
		err = -errno;
	close(fd);
	wanted = (used / MAP_STEP_BYTES + 1) * MAP_STEP_BYTES;
	if (!err && (uint64_t)status.st_size < used)
		return -EBADMSG;
	if (!err && wanted > (uint64_t)status.st_size)
		wanted = (uint64_t)status.st_size;
	if (!err)
		err = clinic_guarded_resize(&file->mapping, (size_t)wanted);
	file->head = file->mapping.at;
	return err;
}

int clinic_arena_refresh(struct arena_file *file)
{
	uint64_t used;
	int got = 1;

	if (file->damage)
		return 0;
	used = __atomic_load_n(&file->head->used_bytes, __ATOMIC_ACQUIRE);
	if (used > file->mapping.bytes && map_again(file, used))
		clinic_arena_note_damage(
			file, "its arena claims to be longer than it is");
	while (!file->damage && got > 0)
		got = read_block(file, used);
	file->is_behind = file->read_bytes < used;
	if (file->mapping.is_cut)
		clinic_arena_note_damage(file, "its arena was cut short");
	return got < 0 ? got : 0;
}

static int map_file(struct arena_file *file, struct stat *status)
{
	int fd = clinic_shared_folder_open(file->folder, file->name, O_RDWR);
	int err = -EBADMSG;

	if (fd < 0)
		return fd;
	if (fstat(fd, status))
		err = -errno;
	else if (status->st_size >= (off_t)round_up(sizeof(struct arena_head)))
		err = clinic_guarded_map(&file->mapping, fd,
					 (size_t)status->st_size <
							 MAP_STEP_BYTES
						 ? (size_t)status->st_size
						 : MAP_STEP_BYTES,
					 PROT_READ | PROT_WRITE);
	close(fd);
	file->head = file->mapping.at;
	return err;
}

static int check(struct arena_file *file, const struct stat *status)
{
	if (__atomic_load_n(&file->head->magic, __ATOMIC_ACQUIRE) !=
	    ARENA_MAGIC)
		return -EBADMSG;
	if (file->head->version != ARENA_VERSION)
		return -EPROTO;
	file->pid = clinic_file_owner(file->head->pid, status);
	file->read_bytes = round_up(sizeof(*file->head));
	return clinic_arena_refresh(file);
}

int clinic_arena_open(const struct clinic_shared_folder *folder,
		      const char *name, struct arena_file *file)
{
	struct stat status;
	int err;

	*file = (struct arena_file){.folder = folder};
	snprintf(file->name, sizeof(file->name), "%s", name);
	err = map_file(file, &status);
	if (!err)
		err = check(file, &status);
	if (err)
		clinic_arena_close(file);
	return err;
}

void clinic_arena_close(struct arena_file *file)
{
	for (unsigned int kind = 0; kind < BLOCK_KINDS; kind++)
		free(file->blocks[kind].entries);
	clinic_guarded_unmap(&file->mapping);
	file->head = NULL;
	memset(file->blocks, 0, sizeof(file->blocks));
}

const void *clinic_arena_block(const struct arena_file *file,
			       enum block_kind kind, size_t index)
{
	const struct arena_blocks *blocks = &file->blocks[kind];

	return index < blocks->count ? (const char *)file->mapping.at +
					       blocks->entries[index].at
				     : NULL;
}

size_t clinic_arena_find(const struct arena_file *file, enum block_kind kind,
			 uint64_t offset)
{
	const struct arena_blocks *blocks = &file->blocks[kind];
	size_t low = 0, high = blocks->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (blocks->entries[middle].at < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < blocks->count && blocks->entries[low].at == offset
		       ? low
		       : CLINIC_ARENA_NO_BLOCK;
}

size_t clinic_arena_text(const struct arena_file *file, enum block_kind kind,
			 size_t index, const char **text)
{
	const struct text_block *block = clinic_arena_block(file, kind, index);
	uint64_t most, bytes;

	if (!block)
		return 0;
	most = file->blocks[kind].entries[index].bytes - sizeof(*block);
	bytes = __atomic_load_n(&block->bytes, __ATOMIC_ACQUIRE);
	*text = block->text;
	return bytes < most ? bytes : most;
}

bool clinic_arena_stage(const struct arena_file *file, uint32_t node,
			char name[STAGE_NAME_BYTES])
{
	const struct stage_table *stages =
		clinic_arena_block(file, BLOCK_STAGES, 0);

	name[0] = '\0';
	if (!stages || node >= STAGE_NODES_MAX)
		return false;
	memcpy(name, stages->nodes[node].name, STAGE_NAME_BYTES);
	name[STAGE_NAME_BYTES - 1] = '\0';
	return name[0] != '\0';
}

static uint8_t read_build_id(const char *hex,
			     uint8_t bytes[CLINIC_MAPPING_BUILD_ID_MAX])
{
	uint8_t size = 0;

	while (size < CLINIC_MAPPING_BUILD_ID_MAX &&
	       sscanf(hex + 2 * size, "%2hhx", &bytes[size]) == 1)
		size++;
	return size;
}

/* The text is a build-id in hexadecimal, a blank, and a line of maps. */
bool clinic_arena_mapping(const char *text, struct clinic_mapping *mapping,
			  char *path)
{
	char build_id[2 * CLINIC_MAPPING_BUILD_ID_MAX + 1];
	size_t digits = strcspn(text, " \n");
	struct clinic_maps_line line;

	if (digits >= sizeof(build_id) || text[digits] != ' ' ||
	    !clinic_maps_line_read(text + digits + 1, &line) ||
	    line.path_bytes >= PATH_MAX)
		return false;
	memcpy(build_id, text, digits);
	build_id[digits] = '\0';
	*mapping = clinic_mapping_of_line(&line);
	if (line.path_bytes) {
		memcpy(path, line.path, line.path_bytes);
		path[line.path_bytes] = '\0';
	} else {
		strcpy(path, "//anon");
	}
	mapping->path = path;
	if (path[0] == '/' && line.path_bytes)
		mapping->build_id_size =
			read_build_id(build_id, mapping->build_id);
	/* Another file may have this inode number now; the build-id decides. */
	if (mapping->build_id_size) {
		mapping->device_major = mapping->device_minor = 0;
		mapping->inode = 0;
	}
	return true;
}

uint64_t clinic_arena_ticks_ns(const struct arena_file *file, uint64_t ticks)
{
	return clinic_tick_clock_span_ns(&file->folder->clock, ticks);
}

uint64_t clinic_arena_instant_ns(const struct arena_file *file, uint64_t ticks)
{
	return clinic_tick_clock_ns(&file->folder->clock, ticks);
}
