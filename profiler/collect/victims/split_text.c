/*
 * Three functions are on a page each. Then the mapping is split into three,
 * because the page in the middle is made writable ("patch"), or is replaced by
 * other memory with the same code ("move"), for which the kernel reports no
 * event. Then the functions use 300 ms of CPU time together.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE   4096
#define PAGED  __attribute__((noinline, section("paged"), aligned(PAGE)))
#define ROUNDS 100000
#define WORK   (3 * CLOCKS_PER_SEC / 10)

void page_end(void);
volatile uint64_t page_sink;

PAGED void page_first(void)
{
	for (uint64_t i = 0; i < ROUNDS; i++)
		page_sink += i * i;
}

PAGED void page_middle(void)
{
	for (uint64_t i = 0; i < ROUNDS; i++)
		page_sink += i * 3;
}

PAGED void page_last(void)
{
	for (uint64_t i = 0; i < ROUNDS; i++)
		page_sink += i * 5;
}

PAGED __attribute__((used)) void page_end(void)
{
	page_sink++;
}

static int patch(volatile char *page)
{
	if (mprotect((void *)(uintptr_t)page, PAGE,
		     PROT_READ | PROT_WRITE | PROT_EXEC))
		return 1;
	*page = *page;
	return 0;
}

static int move(char *page)
{
	char *copy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return 1;
	memcpy(copy, page, PAGE);
	return mprotect(copy, PAGE, PROT_READ | PROT_EXEC) ||
	       mremap(copy, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page) ==
		       MAP_FAILED;
}

int main(int argc, char **argv)
{
	char *page = (char *)(uintptr_t)page_middle;

	if (argc < 2 || (strcmp(argv[1], "move") ? patch(page) : move(page)))
		return 1;
	while (clock() < WORK) {
		page_first();
		page_middle();
		page_last();
	}
	return 0;
}
