/*
 * price_cache.c - keeps prices in a table with one slot for each hash.
 */
#include "price_cache.h"

#include <stdlib.h>

static uint32_t slot_of(uint32_t item)
{
	return item % CACHE_SLOTS_COUNT;
}

bool cache_find(const struct cache *cache, uint32_t item, uint32_t *price)
{
	const struct cached_price *found = cache->slots[slot_of(item)];

	if (!found || found->item != item)
		return false;
	*price = found->price;
	return true;
}

void cache_keep(struct cache *cache, uint32_t item, uint32_t price)
{
	struct cached_price **slot = &cache->slots[slot_of(item)];

	if (!*slot)
		*slot = malloc(sizeof(**slot));
	if (*slot)
		**slot = (struct cached_price){.item = item, .price = price};
}

void cache_clear(struct cache *cache)
{
	for (uint32_t i = 0; i < CACHE_SLOTS_COUNT; i++) {
		free(cache->slots[i]);
		cache->slots[i] = NULL;
	}
}
