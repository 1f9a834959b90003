/*
 * wholesaler.c - waits, and computes the price of an item.
 */
#include "wholesaler.h"

#include <errno.h>
#include <time.h>

uint32_t wholesaler_price(uint32_t item)
{
	uint64_t mixed = (item + 1) * 0x9e3779b97f4a7c15ull;

	return 100 + (uint32_t)((mixed ^ mixed >> 32) % 99900);
}

uint32_t wholesaler_ask(uint32_t item)
{
	struct timespec left = {.tv_nsec = WHOLESALER_TAKES_NS};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
	return wholesaler_price(item);
}
