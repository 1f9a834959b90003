/*
 * shop.c - one lock for the cache; each thread has its own counters.
 */
#include "shop.h"

#include "price_cache.h"
#include "wholesaler.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define TALLIES_COUNT 64

/* Each one has a cache line of its own, to which no other thread writes. */
struct tally {
	_Alignas(64) _Atomic uint64_t asked_count;
	_Atomic uint64_t found_count;
};

struct shop {
	pthread_mutex_t lock; /* guards the cache */
	struct cache cache;
	struct tally tallies[TALLIES_COUNT];
};

/* The counts are atomic, because more than 64 threads share them. */
static struct tally *own_tally(struct shop *shop)
{
	static atomic_uint threads_count;
	static _Thread_local unsigned own_number; /* 0: it has none yet */

	if (own_number == 0)
		own_number = atomic_fetch_add(&threads_count, 1) + 1;
	return &shop->tallies[own_number % TALLIES_COUNT];
}

static void add(_Atomic uint64_t *count)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

struct shop *shop_new(void)
{
	struct shop *shop = aligned_alloc(64, sizeof(*shop));

	if (!shop)
		return NULL;
	memset(shop, 0, sizeof(*shop));
	pthread_mutex_init(&shop->lock, NULL);
	return shop;
}

void shop_free(struct shop *shop)
{
	if (!shop)
		return;
	cache_clear(&shop->cache);
	pthread_mutex_destroy(&shop->lock);
	free(shop);
}

/*
 * The lock is held while the wholesaler is asked, so that no two threads ask
 * for the same price.
 */
uint32_t shop_price(struct shop *shop, uint32_t item)
{
	struct tally *tally = own_tally(shop);
	uint32_t price;

	add(&tally->asked_count);
	pthread_mutex_lock(&shop->lock);
	if (cache_find(&shop->cache, item, &price)) {
		add(&tally->found_count);
	} else {
		price = wholesaler_ask(item);
		cache_keep(&shop->cache, item, price);
	}
	pthread_mutex_unlock(&shop->lock);
	return price;
}

void shop_forget(struct shop *shop)
{
	pthread_mutex_lock(&shop->lock);
	cache_clear(&shop->cache);
	pthread_mutex_unlock(&shop->lock);
}

struct shop_statistics shop_statistics(struct shop *shop)
{
	struct shop_statistics statistics = {0};

	for (int i = 0; i < TALLIES_COUNT; i++) {
		statistics.asked_count +=
			atomic_load(&shop->tallies[i].asked_count);
		statistics.found_count +=
			atomic_load(&shop->tallies[i].found_count);
	}
	return statistics;
}
