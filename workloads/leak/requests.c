/*
 * requests.c - reads the requests of a shift from a fixture.
 */
#include "requests.h"

#include <errno.h>
#include <string.h>

#define REQUESTS_MAGIC "PREQ"
#define HEADER_BYTES   8
#define REQUEST_BYTES  2

static size_t number_at(const uint8_t *bytes, size_t bytes_count)
{
	size_t number = 0;

	while (bytes_count-- > 0)
		number = number << 8 | bytes[bytes_count];
	return number;
}

int requests_read(struct requests *requests, const uint8_t *bytes,
		  size_t bytes_count)
{
	*requests = (struct requests){0};
	if (bytes_count < HEADER_BYTES || memcmp(bytes, REQUESTS_MAGIC, 4) != 0)
		return -EPROTO;
	requests->count = number_at(bytes + 4, 4);
	requests->numbers = bytes + HEADER_BYTES;
	if (requests->count == 0 ||
	    (bytes_count - HEADER_BYTES) != requests->count * REQUEST_BYTES)
		return -EPROTO;
	return 0;
}

uint32_t request_page(const struct requests *requests, size_t index)
{
	return (uint32_t)number_at(requests->numbers + index * REQUEST_BYTES,
				   REQUEST_BYTES);
}
