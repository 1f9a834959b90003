/*
 * shop.h - what an item costs: from the cache, or from the wholesaler.
 *
 * Whoever asks for an item that somebody is already asking for waits for that
 * answer: no price is asked for twice before the prices change.
 *
 * Ownership  shop_new() makes, shop_free() frees.
 * Errors     shop_new() returns NULL without memory.
 * Threads    any number at once, but for shop_new() and shop_free().
 * Read next  price_cache.h, wholesaler.h.
 */
#ifndef SERVER_SHOP_H
#define SERVER_SHOP_H

#include <stdint.h>

struct shop;

struct shop_statistics {
	uint64_t asked_count;
	uint64_t found_count; /* of these, in the cache */
};

struct shop *shop_new(void);
void shop_free(struct shop *shop);
uint32_t shop_price(struct shop *shop, uint32_t item);

/* The prices change, so all cached prices are invalid. */
void shop_forget(struct shop *shop);
struct shop_statistics shop_statistics(struct shop *shop);

#endif
