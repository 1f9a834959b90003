/* Makes the timer ring, reserves records in it, and writes what is mapped. */
#include "preload/timer/timer_write.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include "preload/shared_file.h"
#include "shared_memory/ticks.h"

/* The text of one record of maps. A line is a path and a few numbers. */
#define MAPS_BYTES 16384
/* One listing uses at most a quarter of the ring, because samples need room. */
#define MAPS_BYTES_MOST (TIMER_RING_BYTES / 4)
#define RING_FILE_BYTES (TIMER_RING_HEAD_BYTES + TIMER_RING_BYTES)

int timer_write_open(struct timer_ring *ring, const char *folder,
		     const struct handover *handover)
{
	void *at;
	int error = shared_file_open(folder, handover, RING_FILE_BYTES, &at);

	if (error)
		return error;
	ring->head = at;
	ring->data = (uint8_t *)at + TIMER_RING_HEAD_BYTES;
	ring->head->pid = (uint32_t)raw_pid();
	ring->head->ring_bytes = TIMER_RING_BYTES;
	ring->head->stack_most = TIMER_RING_STACK;
	if (!confinement.is_clockless)
		ring->head->made = instant_now();
	/* The collector reads nothing else before it has read this. */
	__atomic_store_n(&ring->head->magic, TIMER_RING_MAGIC,
			 __ATOMIC_RELEASE);
	return 0;
}

void timer_write_close(struct timer_ring *ring)
{
	if (ring->head)
		munmap(ring->head, RING_FILE_BYTES);
	*ring = (struct timer_ring){NULL, NULL};
}

static void skip_rest(const struct timer_ring *ring, uint64_t position,
		      uint32_t bytes)
{
	struct timer_record *rest =
		(void *)(ring->data + position % TIMER_RING_BYTES);

	rest->bytes = bytes;
	timer_write_commit(rest, TIMER_RECORD_SKIP);
}

struct timer_record *timer_write_reserve(const struct timer_ring *ring,
					 uint32_t bytes)
{
	uint64_t head, tail, place;
	uint32_t skipped;
	struct timer_record *record;

	head = atomic_load_explicit(&ring->head->head, memory_order_relaxed);
	do {
		/* What the reader has set to zero before must be zero here. */
		tail = atomic_load_explicit(&ring->head->tail,
					    memory_order_acquire);
		place = head % TIMER_RING_BYTES;
		skipped = place + bytes > TIMER_RING_BYTES
				  ? (uint32_t)(TIMER_RING_BYTES - place)
				  : 0;
		if (head + skipped + bytes - tail > TIMER_RING_BYTES) {
			atomic_fetch_add_explicit(&ring->head->lost_count, 1,
						  memory_order_relaxed);
			return NULL;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&ring->head->head, &head, head + skipped + bytes,
		memory_order_relaxed, memory_order_relaxed));
	if (skipped)
		skip_rest(ring, head, skipped);
	record = (void *)(ring->data + (head + skipped) % TIMER_RING_BYTES);
	record->bytes = bytes;
	return record;
}

void timer_write_commit(struct timer_record *record,
			enum timer_record_kind kind)
{
	atomic_store_explicit(&record->kind, kind, memory_order_release);
}

/* A line of maps is "start-end r-xp offset device inode path". */
static bool is_executable(const char *line)
{
	const char *space = strchr(line, ' ');

	return space && strnlen(space, 4) == 4 && space[3] == 'x';
}

/*
 * Keeps the lines of executable mappings in `text`, and moves them together.
 * Returns their length; *rest is set to the incomplete line at the end.
 */
static size_t keep_code(char *text, size_t bytes, const char **rest)
{
	char *line = text, *end;
	size_t kept = 0;

	while ((end = memchr(line, '\n', (size_t)(text + bytes - line)))) {
		size_t line_bytes = (size_t)(end + 1 - line);

		*end = '\0';
		if (is_executable(line)) {
			memmove(text + kept, line, line_bytes);
			kept += line_bytes;
			text[kept - 1] = '\n';
		}
		line = end + 1;
	}
	*rest = line;
	return kept;
}

/*
 * Reads until there is no room: the kernel returns at most a page of lines at a
 * time.
 */
static size_t fill(int fd, char *text, size_t bytes, bool *has_ended)
{
	ssize_t got = 1;

	while (got > 0 && bytes < MAPS_BYTES) {
		got = raw_read(fd, text + bytes, MAPS_BYTES - bytes);
		bytes += got > 0 ? (size_t)got : 0;
	}
	*has_ended = got <= 0;
	return bytes;
}

static struct timer_maps *reserve_maps(const struct timer_ring *ring)
{
	return (struct timer_maps *)timer_write_reserve(
		ring, (uint32_t)sizeof(struct timer_maps) + MAPS_BYTES);
}

/*
 * Each record contains whole lines, so an incomplete line at the end of one
 * record is moved to the next. If the process has more mappings than there is
 * room for, the collector reads the rest from /proc when a sample needs it.
 */
static void write_lines(const struct timer_ring *ring, int fd)
{
	struct timer_maps *maps = reserve_maps(ring), *next;
	size_t carried = 0, written = 0;
	bool has_ended = !maps;

	while (!has_ended) {
		char *text = (char *)(maps + 1);
		size_t bytes = fill(fd, text, carried, &has_ended);
		const char *rest;

		maps->text_bytes = keep_code(text, bytes, &rest);
		carried = (size_t)(text + bytes - rest);
		written += MAPS_BYTES;
		has_ended |= written >= MAPS_BYTES_MOST;
		next = has_ended ? NULL : reserve_maps(ring);
		if (next)
			memcpy(next + 1, rest, carried);
		timer_write_commit(&maps->record, TIMER_RECORD_MAPS);
		has_ended |= !next;
		maps = next;
	}
}

void timer_write_maps(const struct timer_ring *ring)
{
	/*
	 * /proc/self would be the first thread, which may have ended, and then
	 * its listing is empty.
	 */
	int fd = raw_open("/proc/thread-self/maps", O_RDONLY, 0);

	if (fd < 0)
		return;
	write_lines(ring, fd);
	raw_close(fd);
}
