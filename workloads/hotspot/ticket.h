/*
 * ticket.h - a ticket as it is read, and what the gate finds out about it.
 *
 * Ownership  a seller's name points into the fixture and has no end mark.
 * Read next  fibonacci.h, primality.h, sellers.h: one question each.
 */
#ifndef HOTSPOT_TICKET_H
#define HOTSPOT_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#define NAME_BYTES 12

struct seller {
	const char *name;
	uint32_t district;
};

struct ticket {
	uint32_t draw;      /* the prize code is the Fibonacci number of it */
	uint32_t serial;    /* a prime, or the ticket is forged */
	const char *seller; /* NAME_BYTES long */
};

struct finding {
	uint64_t prize_code;
	uint32_t district; /* of the seller, 0 for none of ours */
	bool genuine;
};

#endif
