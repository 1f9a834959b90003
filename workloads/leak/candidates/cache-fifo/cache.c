/*
 * cache.c - keeps the newest pages: the oldest one is dropped, however often
 * it is requested.
 */
#include "cache.h"

#include <stddef.h>
#include <stdlib.h>

#define BUCKETS_COUNT 1024 /* a power of two */
#define ENTRIES_MAX   160

struct entry {
	struct entry *next; /* of its bucket */
	char *page;         /* NULL: the entry is not used */
	uint32_t number;
};

struct cache {
	struct entry *buckets[BUCKETS_COUNT];
	struct entry entries[ENTRIES_MAX];
	size_t next; /* the entry to drop next */
};

struct cache *cache_open(void)
{
	return calloc(1, sizeof(struct cache));
}

void cache_close(struct cache *cache)
{
	for (size_t i = 0; cache && i < ENTRIES_MAX; i++)
		free(cache->entries[i].page);
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

static void make_room(struct cache *cache, struct entry *entry)
{
	struct entry **link = &cache->buckets[entry->number % BUCKETS_COUNT];

	if (!entry->page)
		return;
	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	free(entry->page);
}

__attribute__((noinline)) int cache_keep(struct cache *cache, uint32_t number,
					 char *page)
{
	struct entry **bucket = &cache->buckets[number % BUCKETS_COUNT];
	struct entry *entry = &cache->entries[cache->next];

	make_room(cache, entry);
	*entry = (struct entry){*bucket, page, number};
	*bucket = entry;
	cache->next = (cache->next + 1) % ENTRIES_MAX;
	return 0;
}
