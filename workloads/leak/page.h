/*
 * page.h - renders a page from its number.
 *
 * Ownership  the caller owns the page, and frees it.
 * Errors     NULL without memory.
 * Threads    any number.
 */
#ifndef LEAK_PAGE_H
#define LEAK_PAGE_H

#include <stdint.h>

#define PAGE_BYTES 4096

/* Makes one allocation of PAGE_BYTES, whose content the number determines. */
char *page_render(uint32_t number);

#endif
