#include "sources/arena_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared_memory/ticks.h"

static size_t round_up(size_t bytes)
{
	return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

/* What the payload must at least hold, by its own account. */
static bool is_payload_sound(uint32_t kind, const void *payload, uint64_t room)
{
	const struct site_block *site = payload;
	const struct text_block *text = payload;
	const struct lock_block *lock = payload;

	switch (kind) {
	case BLOCK_STAGES:
		return room >= sizeof(struct stage_table);
	case BLOCK_THREAD:
		return room >= sizeof(struct thread_block);
	case BLOCK_ROWS:
		return room >= sizeof(struct rows_block);
	case BLOCK_SITE:
		return room >= sizeof(*site) && site->id < SITES_MAX &&
		       site->stage < STAGE_NODES_MAX &&
		       site->frames_count <= SITE_FRAMES_MAX &&
		       room - sizeof(*site) >=
			       site->frames_count * sizeof(uint64_t);
	case BLOCK_MAPS:
	case BLOCK_PROCESS:
	case BLOCK_UNFIT:
		return room >= sizeof(*text) &&
		       text->bytes <= room - sizeof(*text);
	case BLOCK_LOCK:
		return room >= sizeof(*lock) && lock->kind < LOCK_KINDS;
	case BLOCK_WAIT:
		return room >= sizeof(struct wait_block);
	default:
		return true;
	}
}

static const struct arena_block *block_at(const struct arena_file *file,
					  uint64_t at)
{
	uint64_t used = file->head->used_bytes;
	const struct arena_block *block;

	if (at + round_up(sizeof(*block)) > used)
		return NULL;
	block = (const void *)((const char *)file->head + at);
	if (block->kind == BLOCK_NONE || block->bytes % ARENA_ALIGN ||
	    block->bytes < round_up(sizeof(*block)) || block->bytes > used - at)
		return NULL;
	return block;
}

static const void *payload_of(const struct arena_block *block)
{
	return (const char *)block + round_up(sizeof(*block));
}

const void *clinic_arena_next(const struct arena_file *file,
			      enum block_kind kind, const void *previous)
{
	const struct arena_block *block;
	uint64_t at = round_up(sizeof(*file->head));

	if (previous) {
		block = (const void *)((const char *)previous -
				       round_up(sizeof(*block)));
		at = (uint64_t)((const char *)block -
				(const char *)file->head) +
		     block->bytes;
	}
	while ((block = block_at(file, at)) && block->kind != kind)
		at += block->bytes;
	return block ? payload_of(block) : NULL;
}

/* A search, so that what a damaged file refers to is really such a block. */
static const void *find_at(const struct arena_file *file, enum block_kind kind,
			   uint64_t offset)
{
	const void *payload = NULL;

	while ((payload = clinic_arena_next(file, kind, payload)))
		if ((uint64_t)((const char *)payload -
			       (const char *)file->head) == offset)
			break;
	return payload;
}

const struct thread_block *clinic_arena_thread(const struct arena_file *file,
					       uint64_t thread_at)
{
	return find_at(file, BLOCK_THREAD, thread_at);
}

const struct lock_block *clinic_arena_lock(const struct arena_file *file,
					   uint64_t lock_at)
{
	return find_at(file, BLOCK_LOCK, lock_at);
}

/* A parent always comes before its children: no walk over them is endless. */
static bool are_stages_sound(const struct stage_table *stages)
{
	for (uint32_t i = 1; i < STAGE_NODES_MAX; i++)
		if (stages->nodes[i].parent >= i ||
		    stages->nodes[i].name[STAGE_NAME_BYTES - 1])
			return false;
	return true;
}

static int check(struct arena_file *file)
{
	const struct arena_head *head = file->head;
	const struct arena_block *block;

	if (file->bytes < sizeof(*head) || head->magic != ARENA_MAGIC)
		return -EBADMSG;
	if (head->version != ARENA_VERSION)
		return -EPROTO;
	if (head->used_bytes > file->bytes)
		return -EBADMSG;
	for (uint64_t at = round_up(sizeof(*head));
	     (block = block_at(file, at)); at += block->bytes)
		if (!is_payload_sound(block->kind, payload_of(block),
				      block->bytes - round_up(sizeof(*block))))
			return -EBADMSG;
	file->stages = clinic_arena_next(file, BLOCK_STAGES, NULL);
	file->command = clinic_arena_next(file, BLOCK_PROCESS, NULL);
	return file->stages && !are_stages_sound(file->stages) ? -EBADMSG : 0;
}

/* What is used: the file goes on with a hole of some gigabytes. */
static int map_file(int fd, struct arena_file *file)
{
	struct arena_head head;
	struct stat status;
	void *bytes;

	if (fstat(fd, &status))
		return -errno;
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    head.used_bytes < sizeof(head))
		return -EBADMSG;
	file->bytes = (size_t)status.st_size;
	if (file->bytes > head.used_bytes)
		file->bytes = head.used_bytes;
	bytes = mmap(NULL, file->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	file->head = bytes;
	return 0;
}

int clinic_arena_open(const char *path, struct arena_file *file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	*file = (struct arena_file){0};
	if (fd < 0)
		return -errno;
	err = map_file(fd, file);
	close(fd);
	if (!err)
		err = check(file);
	if (err)
		clinic_arena_close(file);
	return err;
}

void clinic_arena_close(struct arena_file *file)
{
	if (file->head)
		munmap((void *)(uintptr_t)file->head, file->bytes);
	*file = (struct arena_file){0};
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

/* The build-id in hexadecimal, a blank, and a line of maps. */
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
	/* Whatever file has this number now, the build-id tells more. */
	if (mapping->build_id_size) {
		mapping->device_major = mapping->device_minor = 0;
		mapping->inode = 0;
	}
	return true;
}

uint64_t clinic_arena_ticks_ns(const struct arena_file *file, uint64_t ticks)
{
	const struct arena_instant *start = &file->head->started;
	struct arena_instant end = file->head->ended;

	/* Killed: the same clocks still run. */
	if (!end.ticks)
		end = instant_now();
	if (!start->ticks || end.ticks <= start->ticks || end.ns <= start->ns)
		return 0;
	return (uint64_t)((double)ticks * (double)(end.ns - start->ns) /
			  (double)(end.ticks - start->ticks));
}

uint64_t clinic_arena_instant_ns(const struct arena_file *file, uint64_t ticks)
{
	const struct arena_instant *start = &file->head->started;

	if (!ticks || ticks < start->ticks)
		return 0;
	return start->ns + clinic_arena_ticks_ns(file, ticks - start->ticks);
}
