/* Hands out blocks of one reservation, backed by memory or a file. */
#include "preload/arena.h"
#include "preload/confinement.h"
#include "preload/hand_over.h"
#include "preload/raw_calls.h"
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

/*
 * The sizes that are tried for the reservation, in this order: a program under
 * ulimit -v gets a smaller one.
 */
static const size_t reservations[] = {(size_t)4 << 30, (size_t)256 << 20,
				      (size_t)16 << 20};

/*
 * The file is as long as the reservation from the start, and mapped as a whole.
 * Its memory is allocated in steps before it is written, because writing to a
 * page that the full disk cannot provide would kill the program.
 */
#define FIRST_BYTES ((size_t)4 << 20)
/*
 * The pages of a step are resident at once, as if the program had used them, so
 * a step is small.
 */
#define GROW_BYTES ((size_t)1 << 20)
/*
 * So much is allocated before a program confines itself by seccomp; it is not
 * resident until it is used.
 */
#define AHEAD_BYTES ((size_t)32 << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

static _Atomic(struct arena_head *) arena_head;
static _Atomic size_t reserved_bytes = SIZE_MAX;
/* A file may be shorter than what is reserved. */
static _Atomic size_t arena_capacity_bytes = SIZE_MAX;
/* Up to here the arena can be written without a fault. */
static _Atomic size_t committed_bytes = SIZE_MAX;
static char file_path[PATH_MAX];       /* empty: there is no file */
static _Atomic bool is_private = true; /* no file and no other memory yet */

static size_t round_up(size_t bytes)
{
	return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

static void write_head(struct arena_head *head)
{
	head->magic = ARENA_MAGIC;
	head->version = ARENA_VERSION;
	head->pid = confinement.is_filtered ? 0 : (uint32_t)raw_pid();
	head->used_bytes = round_up(sizeof(*head));
}

static void *map_private(void *at, size_t bytes, int protection)
{
	int fixed = at ? MAP_FIXED : 0;

	return mmap(at, bytes, protection,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
}

/*
 * RLIMIT_DATA counts only memory that can be written. If the whole reservation
 * could be written, a program that lowers this limit would get no more memory.
 */
static void *reserve(void *at, size_t bytes)
{
	void *start = map_private(at, bytes, PROT_NONE);

	if (start == MAP_FAILED ||
	    map_private(start, FIRST_BYTES, PROT_READ | PROT_WRITE) == start)
		return start;
	munmap(start, bytes);
	return MAP_FAILED;
}

static void lower_to(_Atomic size_t *limit, size_t bytes)
{
	size_t before = atomic_load(limit);

	while (before > bytes &&
	       !atomic_compare_exchange_weak(limit, &before, bytes))
		;
}

/* Threads that open it at the same time agree on the smallest size. */
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
	lower_to(&reserved_bytes, bytes);
	lower_to(&arena_capacity_bytes, bytes);
	lower_to(&committed_bytes, FIRST_BYTES);
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
 * Used where the kernel cannot allocate pages of a mapping. The file is opened
 * by name each time, because the program may close a descriptor that we keep,
 * and get its number for a file of its own.
 */
static int allocate_in_file(size_t bytes)
{
	int fd = raw_open(file_path, O_RDWR, 0);
	int error;

	if (fd < 0)
		return fd;
	error = raw_allocate(fd, (off_t)bytes);
	raw_close(fd);
	return error;
}

/* It does no harm if several threads do the same. */
static int allocate_pages(size_t from, size_t to)
{
	char *start = (char *)atomic_load(&arena_head) + from;
	int error;

	if (atomic_load(&is_private))
		return (int)raw_call(SYS_mprotect, (long)start,
				     (long)(to - from), PROT_READ | PROT_WRITE,
				     0);
	error = (int)raw_call(SYS_madvise, (long)start, (long)(to - from),
			      MADV_POPULATE_WRITE, 0);

	return error == -EINVAL ? allocate_in_file(to) : error;
}

static void raise_committed(size_t bytes)
{
	size_t before = atomic_load(&committed_bytes);

	while (before < bytes &&
	       !atomic_compare_exchange_weak(&committed_bytes, &before, bytes))
		;
}

/* Whether [0, end) of the arena may be written. */
static bool commit(size_t end)
{
	size_t wanted = end / GROW_BYTES * GROW_BYTES + 2 * GROW_BYTES;
	size_t capacity = atomic_load(&arena_capacity_bytes);

	if (end > capacity || confinement.is_filtered)
		return false;
	if (wanted > capacity)
		wanted = capacity;
	if (allocate_pages(atomic_load(&committed_bytes), wanted))
		return false;
	raise_committed(wanted);
	return true;
}

void arena_take_ahead(void)
{
	size_t wanted = atomic_load(&committed_bytes) + AHEAD_BYTES;

	if (wanted > atomic_load(&arena_capacity_bytes))
		wanted = atomic_load(&arena_capacity_bytes);
	/*
	 * Memory that other processes can map is certain to be there only when
	 * it is resident.
	 */
	if (file_path[0]
		    ? allocate_in_file(wanted)
		    : allocate_pages(atomic_load(&committed_bytes), wanted))
		return;
	raise_committed(wanted);
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
	at = __atomic_load_n(&head->used_bytes, __ATOMIC_RELAXED);
	do {
		if (at + bytes > atomic_load(&committed_bytes) &&
		    !commit(at + bytes)) {
			__atomic_fetch_add(&head->lost_count, 1,
					   __ATOMIC_RELAXED);
			return NULL;
		}
	} while (!__atomic_compare_exchange_n(
		&head->used_bytes, &at, at + bytes, true, __ATOMIC_RELAXED,
		__ATOMIC_RELAXED));
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
	if (!head)
		return;
	/*
	 * If the new mapping fails, the parent's pages are still mapped here:
	 * then the child counts nothing.
	 */
	if (reserve(head, atomic_load(&reserved_bytes)) == MAP_FAILED)
		atomic_store(&reserved_bytes, 0);
	else
		write_head(head);
	atomic_store(&is_private, true);
	atomic_store(&arena_capacity_bytes, atomic_load(&reserved_bytes));
	atomic_store(&committed_bytes,
		     atomic_load(&reserved_bytes) ? FIRST_BYTES : 0);
}

/* Makes a new file and opens it; its name is in file_path. */
static int create_file(const char *folder)
{
	for (int attempt = 0; attempt < 10000; attempt++) {
		int length = snprintf(file_path, sizeof(file_path), "%s/%d.%d",
				      folder, raw_pid(), attempt);
		int fd;

		if (length < 0 || (size_t)length >= sizeof(file_path))
			return -ENAMETOOLONG;
		fd = raw_open(file_path, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd != -EEXIST)
			return fd;
	}
	return -EEXIST;
}

/* Above this limit the kernel sends SIGXFSZ, which would end the program. */
static size_t file_bytes_most(void)
{
	size_t most = atomic_load(&reserved_bytes);
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur > most)
		return most;
	return (size_t)limit.rlim_cur / GROW_BYTES * GROW_BYTES;
}

/* Where a file system cannot allocate, zeroes are written instead. */
static int allocate_first(int fd, size_t bytes)
{
	static const char zeros[4096];
	int error = raw_allocate(fd, (off_t)bytes);

	if (error != -EOPNOTSUPP && error != -ENOSYS)
		return error;
	for (size_t at = 0; at < bytes; at += sizeof(zeros))
		if (raw_pwrite(fd, zeros, sizeof(zeros), (off_t)at) !=
		    (ssize_t)sizeof(zeros))
			return -ENOSPC;
	return 0;
}

static int move_into(int fd, struct arena_head *head)
{
	size_t used = head->used_bytes;
	size_t first = used / FIRST_BYTES * FIRST_BYTES + FIRST_BYTES;
	size_t most = file_bytes_most();
	int error;

	if (first > most)
		return -EFBIG;
	error = allocate_first(fd, first);
	if (!error)
		error = (int)raw_call(SYS_ftruncate, fd, (long)most, 0, 0);
	if (error)
		return error;
	if (raw_pwrite(fd, head, used, 0) != (ssize_t)used)
		return -EIO;
	if (mmap(head, most, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 0) == MAP_FAILED)
		return -errno;
	atomic_store(&is_private, false);
	atomic_store(&arena_capacity_bytes, most);
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
		raw_close(fd);
	if (error) {
		if (fd >= 0)
			unlink(file_path);
		file_path[0] = '\0';
	}
	return error;
}

int arena_back_by_handover(const struct handover *handover)
{
	struct arena_head *head = get_arena();
	int fd = handover_make(), error;

	if (!head || fd < 0)
		return head ? fd : -ENOMEM;
	error = move_into(fd, head);
	if (!error)
		error = handover_send(handover, fd);
	raw_close(fd);
	return error;
}
