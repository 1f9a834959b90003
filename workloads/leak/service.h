/*
 * service.h - a page service, which answers each request.
 *
 * Ownership  service_close frees everything that a shift has made.
 * Errors     NULL without memory.
 * Threads    one.
 */
#ifndef LEAK_SERVICE_H
#define LEAK_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

struct service;

struct service *service_open(void);
void service_close(struct service *service);

/*
 * Returns the digest of the reply to one request, or 0 without memory.
 * *was_kept is whether the page came from the cache.
 */
uint64_t service_answer(struct service *service, uint32_t page_number,
			bool *was_kept);

#endif
