/*
 * price_cache.h - keeps prices that were asked for before.
 *
 * Each hash has one slot: a new price replaces another one in its slot.
 *
 * Ownership  the cache owns a block for each price; cache_clear() frees all.
 * Errors     without memory, a price is not kept.
 * Threads    one at a time: the caller locks.
 * Read next  shop.h.
 */
#ifndef SERVER_PRICE_CACHE_H
#define SERVER_PRICE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#define CACHE_SLOTS_COUNT 4096

struct cached_price {
	uint32_t item;
	uint32_t price;
};

struct cache {
	struct cached_price *slots[CACHE_SLOTS_COUNT];
};

bool cache_find(const struct cache *cache, uint32_t item, uint32_t *price);
void cache_keep(struct cache *cache, uint32_t item, uint32_t price);
void cache_clear(struct cache *cache);

#endif
