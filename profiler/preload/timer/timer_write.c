#include "preload/timer/timer_write.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "preload/raw_calls.h"

/* Of maps in one record: a line has at most PATH_MAX and a few numbers. */
#define MAPS_BYTES 16384
/* That one process may become, by exec. */
#define PROGRAMS_MOST 10000

/* No printf in a handler. */
static char *write_number(char *at, unsigned number)
{
	char digits[12];
	int count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count)
		*at++ = digits[--count];
	*at = '\0';
	return at;
}

/* FOLDER/PID.NUMBER: a process that execs gets the next free number. */
static int create(const char *folder)
{
	char path[TIMER_RING_FOLDER_MAX + 32];
	char *end = stpcpy(path, folder);

	*end++ = '/';
	end = write_number(end, (unsigned)getpid());
	*end++ = '.';
	for (unsigned number = 0; number < PROGRAMS_MOST; number++) {
		int fd;

		write_number(end, number);
		fd = raw_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd != -EEXIST)
			return fd;
	}
	return -EEXIST;
}

/*
 * A hole that cannot be filled later would be a SIGBUS in a handler, and a
 * file beyond the limit of the program a SIGXFSZ.
 */
static int allocate(int fd, size_t bytes)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < bytes)
		return -EFBIG;
	return raw_allocate(fd, (off_t)bytes);
}

int timer_write_open(struct timer_ring *ring, const char *folder)
{
	size_t bytes = TIMER_RING_HEAD_BYTES + TIMER_RING_BYTES;
	int fd = create(folder);
	void *at;
	int err;

	if (fd < 0)
		return fd;
	err = allocate(fd, bytes);
	if (err) {
		raw_close(fd);
		return err;
	}
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	raw_close(fd);
	if (at == MAP_FAILED)
		return -errno;
	ring->head = at;
	ring->data = (uint8_t *)at + TIMER_RING_HEAD_BYTES;
	ring->head->pid = (uint32_t)getpid();
	ring->head->ring_bytes = TIMER_RING_BYTES;
	ring->head->stack_most = TIMER_RING_STACK;
	/* Last: the collector looks at nothing else before it sees this. */
	__atomic_store_n(&ring->head->magic, TIMER_RING_MAGIC,
			 __ATOMIC_RELEASE);
	return 0;
}

void timer_write_close(struct timer_ring *ring)
{
	if (ring->head)
		munmap(ring->head, TIMER_RING_HEAD_BYTES + TIMER_RING_BYTES);
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
		/* Acquire: what the reader set to zero is zero. */
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

/* Whole lines only: each record is read alone. */
static size_t whole_lines(const char *text, ssize_t length)
{
	const char *last = length > 0 ? memrchr(text, '\n', (size_t)length)
				      : NULL;

	return last ? (size_t)(last - text) + 1 : 0;
}

/* From that offset on; how far it came, 0 at the end or without room. */
static size_t write_lines(const struct timer_ring *ring, int fd, off_t offset)
{
	struct timer_maps *maps = (void *)timer_write_reserve(
		ring, (uint32_t)sizeof(*maps) + MAPS_BYTES);
	char *text = (char *)(maps + 1);

	if (!maps)
		return 0;
	maps->text_bytes =
		whole_lines(text, raw_pread(fd, text, MAPS_BYTES, offset));
	timer_write_commit(&maps->record, TIMER_RECORD_MAPS);
	return maps->text_bytes;
}

void timer_write_maps(const struct timer_ring *ring)
{
	int fd = raw_open("/proc/self/maps", O_RDONLY, 0);
	size_t written;

	if (fd < 0)
		return;
	for (off_t at = 0; (written = write_lines(ring, fd, at));)
		at += (off_t)written;
	raw_close(fd);
}
