/*
 * wholesaler.h - knows the prices, and needs ten milliseconds for an answer.
 *
 * It simulates the other end of a slow link: a thread that asks waits, and uses
 * no CPU time meanwhile.
 *
 * Units      nanoseconds; a price in cents.
 * Threads    any number at once.
 * Read next  shop.h, which asks.
 */
#ifndef SERVER_WHOLESALER_H
#define SERVER_WHOLESALER_H

#include <stdint.h>

#define WHOLESALER_TAKES_NS 10000000

/* Blocks the calling thread until the answer has arrived. */
uint32_t wholesaler_ask(uint32_t item);

/* The same answer at once, for callers that waited WHOLESALER_TAKES_NS. */
uint32_t wholesaler_price(uint32_t item);

#endif
