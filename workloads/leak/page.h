/*
 * page.h - a page, rendered from its number.
 *
 * Ownership  the page is the caller's, who frees it.
 * Errors     NULL without memory.
 * Threads    any number.
 */
#ifndef LEAK_PAGE_H
#define LEAK_PAGE_H

#include <stdint.h>

#define PAGE_BYTES 4096

/* PAGE_BYTES, the same for the same number. One allocation. */
char *page_render(uint32_t number);

#endif
