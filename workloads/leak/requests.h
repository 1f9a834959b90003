/*
 * requests.h - reads the requests of a shift from a fixture.
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
/* The number of the page that is requested; it is less than PAGES_MAX. */
uint32_t request_page(const struct requests *requests, size_t index);

#endif
