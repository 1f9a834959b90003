#include "preload/arena.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is tried for a reservation: a program under ulimit -v gets less. */
static const size_t reservations[] = {(size_t)4 << 30, (size_t)256 << 20,
				      (size_t)16 << 20};

/*
 * A file grows in such steps, with its blocks reserved: a page that cannot
 * be written when the disk is full would kill the program.
 */
#define GROW_BYTES ((size_t)4 << 20)

static _Atomic(struct arena_head *) arena_head;
static _Atomic size_t arena_capacity_bytes;
static _Atomic size_t committed_bytes; /* usable without growing the file */
static atomic_flag growing = ATOMIC_FLAG_INIT;
static char file_path[PATH_MAX]; /* empty: memory alone */

static size_t round_up(size_t bytes)
{
	return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

static void write_head(struct arena_head *head)
{
	head->magic = ARENA_MAGIC;
	head->version = ARENA_VERSION;
	head->pid = (uint32_t)getpid();
	head->used_bytes = round_up(sizeof(*head));
}

static void *reserve(void *at, size_t bytes)
{
	int fixed = at ? MAP_FIXED : 0;

	return mmap(at, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
}

static struct arena_head *open_arena(void)
{
	struct arena_head *head = MAP_FAILED;
	struct arena_head *expected = NULL;
	size_t bytes = 0;

	for (size_t i = 0; i < sizeof(reservations) / sizeof(*reservations) &&
			   head == MAP_FAILED;
	     i++) {
		bytes = reservations[i];
		head = reserve(NULL, bytes);
	}
	if (head == MAP_FAILED)
		return NULL;
	write_head(head);
	atomic_store(&arena_capacity_bytes, bytes);
	atomic_store(&committed_bytes, bytes);
	if (!atomic_compare_exchange_strong(&arena_head, &expected, head)) {
		munmap(head, bytes);
		return expected;
	}
	return head;
}

static struct arena_head *get_arena(void)
{
	struct arena_head *head =
		atomic_load_explicit(&arena_head, memory_order_acquire);

	return head ? head : open_arena();
}

struct arena_head *arena_get_head(void)
{
	return get_arena();
}

/*
 * Reopened by name each time: a descriptor kept for long is one that the
 * program may close, or close and get again for a file of its own.
 */
static int grow_file_to(size_t bytes)
{
	int fd = open(file_path, O_RDWR | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = -posix_fallocate(fd, 0, (off_t)bytes);
	close(fd);
	return error;
}

/* Whether [0, end) of the arena may be written. */
static bool commit(size_t end)
{
	size_t wanted = end / GROW_BYTES * GROW_BYTES + 2 * GROW_BYTES;
	size_t capacity = atomic_load(&arena_capacity_bytes);
	int saved_errno = errno;

	if (end > capacity)
		return false;
	if (wanted > capacity)
		wanted = capacity;
	while (atomic_flag_test_and_set(&growing))
		sched_yield();
	if (end > atomic_load(&committed_bytes) && !grow_file_to(wanted))
		atomic_store(&committed_bytes, wanted);
	atomic_flag_clear(&growing);
	errno = saved_errno;
	return end <= atomic_load(&committed_bytes);
}

void *arena_take(enum block_kind kind, size_t payload_bytes)
{
	struct arena_head *head = get_arena();
	size_t bytes =
		round_up(sizeof(struct arena_block)) + round_up(payload_bytes);
	struct arena_block *block;
	uint64_t at;

	if (!head)
		return NULL;
	at = __atomic_fetch_add(&head->used_bytes, bytes, __ATOMIC_RELAXED);
	if (at + bytes > atomic_load(&committed_bytes) && !commit(at + bytes)) {
		__atomic_fetch_sub(&head->used_bytes, bytes, __ATOMIC_RELAXED);
		__atomic_fetch_add(&head->lost_count, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	block = (struct arena_block *)((char *)head + at);
	block->bytes = bytes;
	/* Last, so that a reader who sees the kind sees the length. */
	__atomic_store_n(&block->kind, kind, __ATOMIC_RELEASE);
	return (char *)block + round_up(sizeof(*block));
}

static struct arena_block *block_of(const void *payload)
{
	return (struct arena_block *)((uintptr_t)payload -
				      round_up(sizeof(struct arena_block)));
}

uint64_t arena_offset_of(const void *payload)
{
	return (uintptr_t)payload - (uintptr_t)atomic_load(&arena_head);
}

void *arena_at(uint64_t offset)
{
	return (char *)atomic_load(&arena_head) + offset;
}

static struct arena_block *block_at(struct arena_head *head, size_t at)
{
	struct arena_block *block = (struct arena_block *)((char *)head + at);

	if (at >= __atomic_load_n(&head->used_bytes, __ATOMIC_RELAXED) ||
	    __atomic_load_n(&block->kind, __ATOMIC_ACQUIRE) == BLOCK_NONE)
		return NULL;
	return block;
}

void *arena_next(enum block_kind kind, const void *previous)
{
	struct arena_head *head = atomic_load(&arena_head);
	struct arena_block *block;
	size_t at;

	if (!head)
		return NULL;
	at = round_up(sizeof(*head));
	if (previous) {
		block = block_of(previous);
		at = (size_t)((char *)block - (char *)head) + block->bytes;
	}
	while ((block = block_at(head, at)) && block->kind != kind)
		at += block->bytes;
	return block ? (char *)block + round_up(sizeof(*block)) : NULL;
}

void arena_restart(void)
{
	struct arena_head *head = atomic_load(&arena_head);

	file_path[0] = '\0';
	atomic_flag_clear(&growing);
	if (!head)
		return;
	/* A failure leaves the parent's pages: then count nothing. */
	if (reserve(head, arena_capacity_bytes) == MAP_FAILED)
		atomic_store(&arena_capacity_bytes, 0);
	else
		write_head(head);
	atomic_store(&committed_bytes, arena_capacity_bytes);
}

/* A new file, open; its name is in file_path. */
static int create_file(const char *folder)
{
	for (int attempt = 0; attempt < 10000; attempt++) {
		int length = snprintf(file_path, sizeof(file_path), "%s/%d.%d",
				      folder, getpid(), attempt);
		int fd;

		if (length < 0 || (size_t)length >= sizeof(file_path))
			return -ENAMETOOLONG;
		fd = open(file_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  0600);
		if (fd >= 0 || errno != EEXIST)
			return fd < 0 ? -errno : fd;
	}
	return -EEXIST;
}

static int move_into(int fd, struct arena_head *head)
{
	size_t used = head->used_bytes;
	size_t first = used / GROW_BYTES * GROW_BYTES + GROW_BYTES;
	int error = -posix_fallocate(fd, 0, (off_t)first);

	if (error)
		return error;
	if (pwrite(fd, head, used, 0) != (ssize_t)used)
		return -EIO;
	if (mmap(head, atomic_load(&arena_capacity_bytes),
		 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 0) == MAP_FAILED)
		return -errno;
	atomic_store(&committed_bytes, first);
	return 0;
}

int arena_back_by_file(const char *folder)
{
	struct arena_head *head = get_arena();
	int fd, error;

	if (!head)
		return -ENOMEM;
	fd = create_file(folder);
	error = fd < 0 ? fd : move_into(fd, head);
	if (fd >= 0)
		close(fd);
	if (error) {
		if (fd >= 0)
			unlink(file_path);
		file_path[0] = '\0';
	}
	return error;
}

void arena_trim_file(void)
{
	const struct arena_head *head = atomic_load(&arena_head);

	/* Others may still write: they keep the page they are in. */
	if (file_path[0] && head &&
	    truncate(file_path, (off_t)head->used_bytes))
		return; /* it stays longer than need be */
}
