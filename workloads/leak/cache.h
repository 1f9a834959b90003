/*
 * cache.h - keeps rendered pages by their number.
 *
 * Promise    a page that was found or kept within the last RECENT_REQUESTS
 *            requests is there. Callers rely on nothing more.
 * Ownership  cache_keep takes ownership of the page, also when it returns an
 *            error. A page that was found belongs to the cache, and is valid
 *            until the next cache_keep.
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
