/* Replaces malloc and similar functions where unwind tables are made. */
#include "preload/stack/table_memory.h"
#include "preload/raw_calls.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_BYTES ((size_t)256 << 10)
#define LARGE_BYTES ((size_t)64 << 10)
#define ALIGN       16u

struct block {
	_Alignas(ALIGN) size_t bytes; /* of the memory that follows */
};

static struct {
	char *at; /* NULL: there is no chunk yet */
	size_t left_bytes;
} chunk;

/* The linker option --wrap defines these names. */
#pragma GCC visibility push(hidden)
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void __wrap_free(void *memory);
char *__wrap_strdup(const char *text);
void __wrap_qsort(void *items, size_t count, size_t bytes,
		  int (*compare)(const void *, const void *));
#pragma GCC visibility pop

static struct block *block_of(void *memory)
{
	return (struct block *)memory - 1;
}

static bool is_large(size_t bytes)
{
	return bytes >= LARGE_BYTES;
}

static void *map(size_t bytes)
{
	void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mapped == MAP_FAILED ? NULL : mapped;
}

/* The size of a whole block, with its header. */
static size_t whole_bytes(size_t bytes)
{
	return sizeof(struct block) + (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static struct block *take_small(size_t bytes)
{
	size_t whole = whole_bytes(bytes);
	struct block *block;

	if (chunk.left_bytes < whole) {
		chunk.at = map(CHUNK_BYTES);
		chunk.left_bytes = chunk.at ? CHUNK_BYTES : 0;
	}
	if (!chunk.at)
		return NULL;
	block = (struct block *)(void *)chunk.at;
	chunk.at += whole;
	chunk.left_bytes -= whole;
	return block;
}

void *__wrap_malloc(size_t bytes)
{
	struct block *block;

	if (bytes > PTRDIFF_MAX / 2)
		return NULL;
	block = is_large(bytes) ? map(whole_bytes(bytes)) : take_small(bytes);
	if (!block)
		return NULL;
	block->bytes = bytes;
	return block + 1;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	size_t all;
	void *memory;

	if (__builtin_mul_overflow(count, bytes, &all))
		return NULL;
	memory = __wrap_malloc(all);
	/* The memory of a block that was freed before is not zero. */
	return memory ? memset(memory, 0, all) : NULL;
}

void __wrap_free(void *memory)
{
	struct block *block = memory ? block_of(memory) : NULL;
	size_t whole = block ? whole_bytes(block->bytes) : 0;

	if (!block)
		return;
	if (is_large(block->bytes)) {
		munmap(block, whole);
	} else if ((char *)block + whole == chunk.at) {
		chunk.at -= whole;
		chunk.left_bytes += whole;
	}
}

void *__wrap_realloc(void *memory, size_t bytes)
{
	size_t before = memory ? block_of(memory)->bytes : 0;
	void *moved;

	if (memory && bytes <= before && !is_large(before))
		return memory;
	moved = __wrap_malloc(bytes);
	if (!moved)
		return NULL;
	if (memory)
		memcpy(moved, memory, before < bytes ? before : bytes);
	__wrap_free(memory);
	return moved;
}

char *__wrap_strdup(const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = __wrap_malloc(bytes);

	return copy ? memcpy(copy, text, bytes) : NULL;
}

static void swap(char *a, char *b, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		char kept = a[i];

		a[i] = b[i];
		b[i] = kept;
	}
}

/* Moves the item at `at` down to its place in the heap of the first `count`. */
static void sift(char *items, size_t at, size_t count, size_t bytes,
		 int (*compare)(const void *, const void *))
{
	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count &&
		    compare(items + child * bytes,
			    items + (child + 1) * bytes) < 0)
			child++;
		if (compare(items + at * bytes, items + child * bytes) >= 0)
			return;
		swap(items + at * bytes, items + child * bytes, bytes);
	}
}

/* Heapsort needs no memory, and never more than n log n steps. */
void __wrap_qsort(void *items, size_t count, size_t bytes,
		  int (*compare)(const void *, const void *))
{
	for (size_t i = count / 2; i-- > 0;)
		sift(items, i, count, bytes, compare);
	for (size_t i = count; i-- > 1;) {
		swap(items, (char *)items + i * bytes, bytes);
		sift(items, 0, i, bytes, compare);
	}
}

void table_memory_restart(void)
{
	chunk.at = NULL;
	chunk.left_bytes = 0;
}
