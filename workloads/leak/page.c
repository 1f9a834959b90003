/*
 * page.c - renders a page of letters, which its number determines.
 */
#include "page.h"

#include <stddef.h>
#include <stdlib.h>

/* It is not inlined, so that the profile shows this stage by its name. */
__attribute__((noinline)) char *page_render(uint32_t number)
{
	char *page = malloc(PAGE_BYTES);
	uint32_t random = number * 2654435761u + 1;

	if (!page)
		return NULL;
	for (size_t i = 0; i < PAGE_BYTES; i++) {
		random = random * 1664525u + 1013904223u;
		page[i] = (char)('a' + (random >> 24) % 26);
	}
	return page;
}
