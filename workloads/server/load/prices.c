/*
 * prices.c - prints the prices of the first items, for a server that is not
 * ours.
 *
 *	prices ITEMS_COUNT
 *
 * One line for each item, `ITEM PRICE;`, as nginx reads a map. The generators
 * count items from 1.
 *
 * Exit codes  0 done, 2 wrong usage.
 */
#include "wholesaler.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ITEMS_MAX  1000000
#define EXIT_USAGE 2

int main(int argc, char **argv)
{
	long items_count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

	if (items_count < 1 || items_count > ITEMS_MAX) {
		fprintf(stderr, "usage: prices ITEMS_COUNT; 1 to %d\n",
			ITEMS_MAX);
		return EXIT_USAGE;
	}
	for (uint32_t item = 1; item <= (uint32_t)items_count; item++)
		printf("%" PRIu32 " %" PRIu32 ";\n", item,
		       wholesaler_price(item));
	return 0;
}
