/*
 * raffle.h - a stack of tickets and the sellers, as a fixture holds them.
 *
 * Ownership  names point into the fixture, which outlives the raffle.
 * Errors     0 or -errno; -EPROTO for bytes that are no raffle.
 * Format     fixtures/README.md, raffle_tickets.
 */
#ifndef HOTSPOT_RAFFLE_H
#define HOTSPOT_RAFFLE_H

#include "ticket.h"

#include <stddef.h>

struct raffle {
	struct seller *sellers;
	size_t sellers_count;
	struct ticket *tickets;
	size_t tickets_count;
};

int raffle_read(struct raffle *raffle, const uint8_t *bytes,
		size_t bytes_count);
void raffle_free(struct raffle *raffle);

#endif
