/*
 * cache.c - a chained hash table that keeps every page.
 */
#include "cache.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define BUCKETS_COUNT 1024 /* a power of two */

struct entry {
	struct entry *next; /* of its bucket */
	char *page;
	uint32_t number;
};

struct cache {
	struct entry *buckets[BUCKETS_COUNT];
};

struct cache *cache_open(void)
{
	return calloc(1, sizeof(struct cache));
}

void cache_close(struct cache *cache)
{
	for (size_t i = 0; cache && i < BUCKETS_COUNT; i++) {
		while (cache->buckets[i]) {
			struct entry *entry = cache->buckets[i];

			cache->buckets[i] = entry->next;
			free(entry->page);
			free(entry);
		}
	}
	free(cache);
}

__attribute__((noinline)) const char *cache_find(struct cache *cache,
						 uint32_t number)
{
	struct entry *entry = cache->buckets[number % BUCKETS_COUNT];

	while (entry && entry->number != number)
		entry = entry->next;
	return entry ? entry->page : NULL;
}

__attribute__((noinline)) int cache_keep(struct cache *cache, uint32_t number,
					 char *page)
{
	struct entry **bucket = &cache->buckets[number % BUCKETS_COUNT];
	struct entry *entry = malloc(sizeof(*entry));

	if (!entry) {
		free(page);
		return -ENOMEM;
	}
	*entry = (struct entry){*bucket, page, number};
	*bucket = entry;
	return 0;
}
