#include "preload/process_texts.h"
#include "preload/arena.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define LINE_BYTES_MAX 4400u /* a path is 4096 at most */
#define TEXT_BYTES_MAX ((size_t)4 << 20)

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

static struct text_block *take_text(enum block_kind kind, const char *text,
				    size_t bytes)
{
	struct text_block *block = arena_take(kind, sizeof(*block) + bytes);

	if (!block)
		return NULL;
	block->bytes = bytes;
	if (text)
		memcpy(block->text, text, bytes);
	return block;
}

void process_save_command(void)
{
	char text[LINE_BYTES_MAX];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t bytes = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	if (bytes > 0)
		take_text(BLOCK_PROCESS, text, (size_t)bytes);
}

/* "start-end r-xp offset device inode path" */
static bool is_executable(const char *line)
{
	const char *space = strchr(line, ' ');

	return space && strnlen(space, 4) == 4 && space[3] == 'x';
}

/* The executable lines, into `to` (NULL: to be counted). */
static size_t read_maps(char *to, size_t room)
{
	char buffer[LINE_BYTES_MAX];
	size_t used = 0, kept = 0;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return 0;
	while ((got = read(fd, buffer + used, sizeof(buffer) - 1 - used)) > 0) {
		char *line = buffer, *end;

		used += (size_t)got;
		buffer[used] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			size_t bytes = (size_t)(end + 1 - line);

			if (!is_executable(line) || kept + bytes > room)
				continue;
			if (to)
				memcpy(to + kept, line, bytes);
			kept += bytes;
		}
		used -= (size_t)(line - buffer);
		memmove(buffer, line, used);
	}
	close(fd);
	return kept;
}

void process_save_maps(void)
{
	/* Room for a few more lines, should another thread map meanwhile. */
	size_t room = read_maps(NULL, TEXT_BYTES_MAX) + LINE_BYTES_MAX;
	struct text_block *block = take_text(BLOCK_MAPS, NULL, room);

	if (!block)
		return;
	block->bytes = read_maps(block->text, room);
	atomic_fetch_add(&maps_count, 1);
}
