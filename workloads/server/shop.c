/*
 * shop.c - protects all that the threads of the shop share by one lock.
 */
#include "shop.h"

#include "price_cache.h"
#include "wholesaler.h"

#include <pthread.h>
#include <stdlib.h>

struct shop {
	pthread_mutex_t lock; /* guards the cache and the statistics */
	struct cache cache;
	struct shop_statistics statistics;
};

struct shop *shop_new(void)
{
	struct shop *shop = calloc(1, sizeof(*shop));

	if (shop)
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
	uint32_t price;

	pthread_mutex_lock(&shop->lock);
	shop->statistics.asked_count++;
	if (cache_find(&shop->cache, item, &price)) {
		shop->statistics.found_count++;
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
	struct shop_statistics statistics;

	pthread_mutex_lock(&shop->lock);
	statistics = shop->statistics;
	pthread_mutex_unlock(&shop->lock);
	return statistics;
}
