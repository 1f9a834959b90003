/* Maps the table of regions, and regions when they are first needed. */
#include "preload/alloc/live_blocks.h"
#include <stdint.h>
#include <sys/mman.h>

#define REGIONS ((size_t)1 << (LIVE_ADDRESS_BITS - LIVE_REGION_SHIFT))

/* 1 GiB of address space, of which most pages are never touched. */
live_region *live_regions;
enum live_granule live_granule;

static void *map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

bool live_open(enum live_granule granule)
{
	live_granule = granule;
	live_regions = map(REGIONS * sizeof(*live_regions));
	return live_regions != NULL;
}

struct live_record *live_make_place(const void *block)
{
	size_t bytes = sizeof(struct live_record)
		       << (LIVE_REGION_SHIFT - live_granule);
	struct live_record *region = map(bytes);
	struct live_record *expected = NULL;

	if (!region)
		return NULL;
	if (!atomic_compare_exchange_strong(live_region_of(block), &expected,
					    region))
		munmap(region, bytes);
	return live_place(block);
}

/*
 * The parent's regions stay mapped in the child, unused: to find and to unmap
 * them would cost more than to keep them.
 */
void live_restart(void)
{
	if (live_regions)
		madvise(live_regions, REGIONS * sizeof(*live_regions),
			MADV_DONTNEED);
}
