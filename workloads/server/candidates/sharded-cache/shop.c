/*
 * shop.c - sixteen shards, each with a lock for its items and statistics.
 */
#include "shop.h"

#include "price_cache.h"
#include "wholesaler.h"

#include <pthread.h>
#include <stdlib.h>

#define SHARDS_COUNT 16

struct shard {
	pthread_mutex_t lock; /* guards the cache and the statistics */
	struct cache cache;
	struct shop_statistics statistics;
};

struct shop {
	struct shard shards[SHARDS_COUNT];
};

struct shop *shop_new(void)
{
	struct shop *shop = calloc(1, sizeof(*shop));

	for (int i = 0; shop && i < SHARDS_COUNT; i++)
		pthread_mutex_init(&shop->shards[i].lock, NULL);
	return shop;
}

void shop_free(struct shop *shop)
{
	if (!shop)
		return;
	for (int i = 0; i < SHARDS_COUNT; i++) {
		cache_clear(&shop->shards[i].cache);
		pthread_mutex_destroy(&shop->shards[i].lock);
	}
	free(shop);
}

/*
 * The lock is held while the wholesaler is asked, so that no two threads ask
 * for the same price. A request for an item of another shard does not wait.
 */
uint32_t shop_price(struct shop *shop, uint32_t item)
{
	struct shard *shard = &shop->shards[item % SHARDS_COUNT];
	uint32_t price;

	pthread_mutex_lock(&shard->lock);
	shard->statistics.asked_count++;
	if (cache_find(&shard->cache, item, &price)) {
		shard->statistics.found_count++;
	} else {
		price = wholesaler_ask(item);
		cache_keep(&shard->cache, item, price);
	}
	pthread_mutex_unlock(&shard->lock);
	return price;
}

void shop_forget(struct shop *shop)
{
	for (int i = 0; i < SHARDS_COUNT; i++) {
		pthread_mutex_lock(&shop->shards[i].lock);
		cache_clear(&shop->shards[i].cache);
		pthread_mutex_unlock(&shop->shards[i].lock);
	}
}

struct shop_statistics shop_statistics(struct shop *shop)
{
	struct shop_statistics statistics = {0};

	for (int i = 0; i < SHARDS_COUNT; i++) {
		pthread_mutex_lock(&shop->shards[i].lock);
		statistics.asked_count +=
			shop->shards[i].statistics.asked_count;
		statistics.found_count +=
			shop->shards[i].statistics.found_count;
		pthread_mutex_unlock(&shop->shards[i].lock);
	}
	return statistics;
}
