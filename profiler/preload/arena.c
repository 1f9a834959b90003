#include "preload/arena.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is tried for a reservation: a program under ulimit -v gets less. */
static const size_t reservations[] = {(size_t)4 << 30, (size_t)256 << 20,
				      (size_t)16 << 20};

struct arena {
	struct arena_head *head;
	size_t capacity_bytes;
};

static _Atomic(struct arena_head *) arena_head;
static _Atomic size_t arena_capacity_bytes;

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
	if (at + bytes > atomic_load(&arena_capacity_bytes)) {
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

	if (!head)
		return;
	/* A failure leaves the parent's numbers: then count nothing. */
	if (reserve(head, arena_capacity_bytes) == MAP_FAILED)
		atomic_store(&arena_capacity_bytes, 0);
	else
		write_head(head);
}
