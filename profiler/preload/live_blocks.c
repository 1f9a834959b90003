#include "preload/live_blocks.h"
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#define GRANULE_SHIFT  4u
#define REGION_SHIFT   20u
#define ADDRESS_BITS   47u
#define REGIONS	       ((size_t)1 << (ADDRESS_BITS - REGION_SHIFT))
#define REGION_RECORDS ((size_t)1 << (REGION_SHIFT - GRANULE_SHIFT))
#define REGION_BYTES   (REGION_RECORDS * sizeof(struct live_record))

typedef _Atomic(struct live_record *) region_slot;

static region_slot *regions; /* 1 GiB of address space, mostly never there */

static void *map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

bool live_open(void)
{
	regions = map(REGIONS * sizeof(*regions));
	return regions != NULL;
}

static struct live_record *make_region(region_slot *slot)
{
	struct live_record *region = map(REGION_BYTES);
	struct live_record *expected = NULL;

	if (!region ||
	    atomic_compare_exchange_strong(slot, &expected, region))
		return region;
	munmap(region, REGION_BYTES);
	return expected;
}

static region_slot *slot_of(const void *block)
{
	return &regions[(uintptr_t)block >> REGION_SHIFT];
}

static size_t index_of(const void *block)
{
	return ((uintptr_t)block >> GRANULE_SHIFT) % REGION_RECORDS;
}

static bool is_coverable(const void *block)
{
	return regions && (uintptr_t)block >> ADDRESS_BITS == 0;
}

void live_put(const void *block, const struct live_record *record)
{
	struct live_record *region;

	if (!is_coverable(block))
		return;
	region = atomic_load_explicit(slot_of(block), memory_order_acquire);
	if (__builtin_expect(!region, 0))
		region = make_region(slot_of(block));
	if (region)
		region[index_of(block)] = *record;
}

bool live_take(const void *block, struct live_record *record)
{
	struct live_record *region, *place;

	if (!is_coverable(block))
		return false;
	region = atomic_load_explicit(slot_of(block), memory_order_acquire);
	if (!region)
		return false;
	place = &region[index_of(block)];
	*record = *place;
	place->is_live = 0;
	return record->is_live;
}

/* The parent's regions stay mapped, untouched: finding them costs more. */
void live_restart(void)
{
	if (regions)
		madvise(regions, REGIONS * sizeof(*regions), MADV_DONTNEED);
}
