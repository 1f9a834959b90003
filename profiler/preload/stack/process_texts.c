/* Copies the command line, the mapped code and the peak size from /proc. */
#include "preload/stack/process_texts.h"
#include "preload/arena.h"
#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include "unwind/address_space.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define LINE_BYTES_MAX 4400u /* a path has at most 4096 bytes */
#define TEXT_BYTES_MAX ((size_t)4 << 20)
#define OWN_MAPS       "/proc/thread-self/maps"

static _Atomic uint32_t maps_count;

uint32_t process_maps_newest(void)
{
	uint32_t count = atomic_load(&maps_count);

	return count ? count - 1 : 0;
}

void process_restart_texts(void)
{
	atomic_store(&maps_count, 0);
}

static struct text_block *reserve_text(enum block_kind kind, size_t room)
{
	return arena_take(kind, sizeof(struct text_block) + room);
}

/*
 * The length is stored last, because for the collector a text that has a length
 * is complete.
 */
static void publish_text(struct text_block *block, size_t bytes)
{
	__atomic_store_n(&block->bytes, bytes, __ATOMIC_RELEASE);
}

static void save_text(enum block_kind kind, const char *text, size_t bytes)
{
	struct text_block *block = reserve_text(kind, bytes);

	if (!block)
		return;
	memcpy(block->text, text, bytes);
	publish_text(block, bytes);
}

void process_save_command(void)
{
	char text[LINE_BYTES_MAX];
	int fd = confinement.is_filtered
			 ? -1
			 : raw_open("/proc/self/cmdline", O_RDONLY, 0);
	ssize_t bytes = fd < 0 ? -1 : raw_read(fd, text, sizeof(text));

	if (fd >= 0)
		raw_close(fd);
	if (bytes > 0)
		save_text(BLOCK_PROCESS, text, (size_t)bytes);
}

/* A line of maps is "start-end r-xp offset device inode path". */
static bool is_executable(const char *line)
{
	const char *space = strchr(line, ' ');

	return space && strnlen(space, 4) == 4 && space[3] == 'x';
}

/* Two hexadecimal digits for each byte, and a space. */
#define BUILD_ID_TEXT_BYTES (2 * CLINIC_MAPPING_BUILD_ID_MAX + 1)

/*
 * Writes the build-id of the image in memory, because the file may have been
 * replaced. Returns the length of the text, which has no NUL.
 */
static size_t write_build_id(const struct clinic_space *space, const char *line,
			     char text[BUILD_ID_TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[CLINIC_MAPPING_BUILD_ID_MAX];
	char *dash;
	uint64_t start = strtoul(line, &dash, 16);
	const struct clinic_module *module = NULL;
	size_t count, used = 0;

	if (space)
		module = clinic_space_between(space, start,
					      strtoul(dash + 1, NULL, 16));
	count = module ? clinic_module_build_id(module, bytes) : 0;
	for (size_t i = 0; i < count; i++) {
		text[used++] = digits[bytes[i] >> 4];
		text[used++] = digits[bytes[i] & 15];
	}
	if (!used)
		text[used++] = '-';
	text[used++] = ' ';
	return used;
}

/* Adds a line to the listing, if there is room. Returns the bytes added. */
static size_t keep_line(const struct clinic_space *space, const char *line,
			size_t bytes, char *to, size_t room)
{
	char build_id[BUILD_ID_TEXT_BYTES];
	size_t id_bytes = write_build_id(space, line, build_id);

	if (id_bytes + bytes > room)
		return 0;
	if (to) {
		memcpy(to, build_id, id_bytes);
		memcpy(to + id_bytes, line, bytes);
	}
	return id_bytes + bytes;
}

/*
 * Copies the lines of executable mappings to `to`, and returns their length; to
 * NULL: only the length is wanted.
 */
static size_t read_maps(const struct clinic_space *space, char *to, size_t room)
{
	char buffer[LINE_BYTES_MAX];
	size_t used = 0, kept = 0;
	int fd = raw_open(OWN_MAPS, O_RDONLY, 0);
	ssize_t got;

	if (fd < 0)
		return 0;
	while ((got = raw_read(fd, buffer + used, sizeof(buffer) - 1 - used)) >
	       0) {
		char *line = buffer, *end;

		used += (size_t)got;
		buffer[used] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			size_t bytes = (size_t)(end + 1 - line);

			if (is_executable(line))
				kept += keep_line(space, line, bytes,
						  to ? to + kept : NULL,
						  room - kept);
		}
		used -= (size_t)(line - buffer);
		memmove(buffer, line, used);
	}
	raw_close(fd);
	return kept;
}

/* The listing of the parent, for a child that cannot read its own. */
static struct {
	char *text;
	size_t bytes; /* 0: there is none */
} inherited;

static const struct text_block *newest_listing(void)
{
	const struct text_block *newest = NULL, *at = NULL;

	while ((at = arena_next(BLOCK_MAPS, at)))
		if (__atomic_load_n(&at->bytes, __ATOMIC_ACQUIRE))
			newest = at;
	return newest;
}

void process_inherit_maps(void)
{
	int fd = confinement.is_filtered ? -1 : raw_open(OWN_MAPS, O_RDONLY, 0);
	const struct text_block *listing = fd < 0 ? newest_listing() : NULL;
	void *copy;

	if (fd >= 0)
		raw_close(fd);
	if (!listing || confinement.is_filtered)
		return;
	copy = mmap(NULL, listing->bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return;
	memcpy(copy, listing->text, listing->bytes);
	if (inherited.bytes)
		munmap(inherited.text, inherited.bytes);
	inherited.text = copy;
	inherited.bytes = listing->bytes;
}

void process_save_maps(const struct clinic_space *space)
{
	struct text_block *block;
	size_t bytes;

	if (confinement.is_filtered)
		return;
	bytes = read_maps(space, NULL, TEXT_BYTES_MAX);
	if (!bytes && inherited.bytes && !atomic_load(&maps_count)) {
		save_text(BLOCK_MAPS, inherited.text, inherited.bytes);
		atomic_fetch_add(&maps_count, 1);
	}
	if (!bytes)
		return;
	/* The listing may grow meanwhile, if another thread maps a file. */
	bytes += LINE_BYTES_MAX;
	block = reserve_text(BLOCK_MAPS, bytes);
	if (!block)
		return;
	publish_text(block, read_maps(space, block->text, bytes));
	atomic_fetch_add(&maps_count, 1);
}

#define PEAK_LINE   "VmHWM:"
#define STATUS_ROOM 4096u

/* getrusage() would include the program that ran before an exec. */
uint64_t process_resident_peak_bytes(void)
{
	char text[STATUS_ROOM];
	int fd = confinement.is_filtered
			 ? -1
			 : raw_open("/proc/thread-self/status", O_RDONLY, 0);
	ssize_t bytes = fd < 0 ? -1 : raw_read(fd, text, sizeof(text) - 1);
	const char *line;

	if (fd >= 0)
		raw_close(fd);
	if (bytes <= 0)
		return 0;
	text[bytes] = '\0';
	line = strstr(text, PEAK_LINE);
	return line ? strtoull(line + sizeof(PEAK_LINE) - 1, NULL, 10) * 1024
		    : 0;
}
