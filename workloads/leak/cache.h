/*
 * cache.h - rendered pages, kept by their number.
 *
 * Promise    a page that was found or kept within the last RECENT_REQUESTS
 *            requests is there. More than that nobody relies on.
 * Ownership  cache_keep takes the page over, whatever it returns; a page
 *            that was found is the cache's, until the next cache_keep.
 * Errors     0 or -errno; cache_open returns NULL without memory.
 * Threads    one.
 */
#ifndef LEAK_CACHE_H
#define LEAK_CACHE_H

#include <stdint.h>

#define RECENT_REQUESTS 100

struct cache;

struct cache *cache_open(void);
void cache_close(struct cache *cache);

/* NULL if the cache does not have the page. */
const char *cache_find(struct cache *cache, uint32_t number);
int cache_keep(struct cache *cache, uint32_t number, char *page);

#endif
