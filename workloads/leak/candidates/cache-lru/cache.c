/*
 * cache.c - keeps the pages that were requested last, and drops the least
 * recently used one.
 *
 *   ring <-> newest <-> ... <-> oldest <-> ring    by the time of last use
 */
#include "cache.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define BUCKETS_COUNT 1024 /* a power of two */
#define ENTRIES_MAX   160  /* at least RECENT_REQUESTS, for the promise */

struct entry {
	struct entry *next; /* of its bucket */
	struct entry *newer;
	struct entry *older;
	char *page;
	uint32_t number;
};

struct cache {
	struct entry *buckets[BUCKETS_COUNT];
	struct entry ring; /* its older is the newest, its newer the oldest */
	size_t entries_count;
};

struct cache *cache_open(void)
{
	struct cache *cache = calloc(1, sizeof(struct cache));

	if (cache)
		cache->ring.newer = cache->ring.older = &cache->ring;
	return cache;
}

static void leave_ring(struct entry *entry)
{
	entry->newer->older = entry->older;
	entry->older->newer = entry->newer;
}

static void become_newest(struct cache *cache, struct entry *entry)
{
	entry->newer = &cache->ring;
	entry->older = cache->ring.older;
	entry->older->newer = entry;
	cache->ring.older = entry;
}

static void drop_oldest(struct cache *cache)
{
	struct entry *oldest = cache->ring.newer;
	struct entry **link = &cache->buckets[oldest->number % BUCKETS_COUNT];

	while (*link != oldest)
		link = &(*link)->next;
	*link = oldest->next;
	leave_ring(oldest);
	free(oldest->page);
	free(oldest);
	cache->entries_count--;
}

void cache_close(struct cache *cache)
{
	while (cache && cache->entries_count)
		drop_oldest(cache);
	free(cache);
}

__attribute__((noinline)) const char *cache_find(struct cache *cache,
						 uint32_t number)
{
	struct entry *entry = cache->buckets[number % BUCKETS_COUNT];

	while (entry && entry->number != number)
		entry = entry->next;
	if (!entry)
		return NULL;
	leave_ring(entry);
	become_newest(cache, entry);
	return entry->page;
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
	if (cache->entries_count == ENTRIES_MAX)
		drop_oldest(cache);
	*entry =
		(struct entry){.next = *bucket, .page = page, .number = number};
	*bucket = entry;
	become_newest(cache, entry);
	cache->entries_count++;
	return 0;
}
