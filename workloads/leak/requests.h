/*
 * requests.h - the requests of a shift, as a fixture holds them.
 *
 * Errors     -EPROTO for bytes that are not requests.
 * Format     fixtures/README.md, page_requests.
 */
#ifndef LEAK_REQUESTS_H
#define LEAK_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#define PAGES_MAX 65536

struct requests {
	const uint8_t *numbers; /* two bytes each, within the fixture */
	size_t count;
};

int requests_read(struct requests *requests, const uint8_t *bytes,
		  size_t bytes_count);
/* Of the page that the request asks for; below PAGES_MAX. */
uint32_t request_page(const struct requests *requests, size_t index);

#endif
