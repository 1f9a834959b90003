/*
 * Moves code of its own to other memory at the same addresses, as programs do
 * that want huge pages: with "copy" by copying it, or with "mremap" by that
 * call, for which the kernel reports no event. Then it runs that code for 300
 * ms of CPU time, or argv[2] ms.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE  4096
#define MOVED __attribute__((noinline, section("moved")))

void moved_end(void);
volatile uint64_t moved_sink;

MOVED __attribute__((aligned(PAGE))) uint64_t moved_inner(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		moved_sink += i * i;
	return moved_sink;
}

MOVED uint64_t moved_outer(uint64_t n)
{
	return moved_inner(n) + 1;
}

MOVED __attribute__((aligned(PAGE), used)) void moved_end(void)
{
	moved_sink++;
}

static int move(uint8_t *start, size_t bytes, int by_mremap)
{
	uint8_t *copy = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return 1;
	memcpy(copy, start, bytes);
	if (by_mremap)
		return mprotect(copy, bytes, PROT_READ | PROT_EXEC) ||
		       mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
			      start) == MAP_FAILED;
	if (mmap(start, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return 1;
	memcpy(start, copy, bytes);
	return mprotect(start, bytes, PROT_READ | PROT_EXEC);
}

int main(int argc, char **argv)
{
	uint8_t *start = (uint8_t *)(uintptr_t)moved_inner;
	uint8_t *end = (uint8_t *)(uintptr_t)moved_end;
	clock_t until;

	if (argc < 2 || end <= start ||
	    move(start, (size_t)(end - start), !strcmp(argv[1], "mremap")))
		return 1;
	until = clock() +
		(argc > 2 ? atol(argv[2]) : 300) * CLOCKS_PER_SEC / 1000;
	while (clock() < until)
		moved_sink += moved_outer(300000);
	return 0;
}
