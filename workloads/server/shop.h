/*
 * shop.h - finds the price of an item, in the cache or from the wholesaler.
 *
 * If another thread is already asking the wholesaler for an item, a thread
 * waits for that answer: no two threads ask for the same price.
 *
 * Ownership  shop_new() makes a shop, and shop_free() frees it.
 * Errors     shop_new() returns NULL without memory.
 * Threads    any number at once, except in shop_new() and shop_free().
 * Read next  price_cache.h, wholesaler.h.
 */
#ifndef SERVER_SHOP_H
#define SERVER_SHOP_H

#include <stdint.h>

struct shop;

struct shop_statistics {
	uint64_t asked_count;
	uint64_t found_count; /* of these, how many were in the cache */
};

struct shop *shop_new(void);
void shop_free(struct shop *shop);
uint32_t shop_price(struct shop *shop, uint32_t item);

/* The prices change, so all cached prices are invalid. */
void shop_forget(struct shop *shop);
struct shop_statistics shop_statistics(struct shop *shop);

#endif
