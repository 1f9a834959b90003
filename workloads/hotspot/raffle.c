/*
 * raffle.c - read a stack of tickets and its sellers from a fixture.
 */
#include "raffle.h"

#include <errno.h>
#include <stdlib.h>

#define RAFFLE_MAGIC 0x4c464652u /* "RFFL" */
#define HEADER_BYTES 12
#define SELLER_BYTES (NAME_BYTES + 2)
#define TICKET_BYTES (5 + NAME_BYTES)

static uint32_t get(const uint8_t *at, size_t bytes_count)
{
	uint32_t value = 0;

	while (bytes_count--)
		value = value << 8 | at[bytes_count];
	return value;
}

static void read_sellers(struct raffle *raffle, const uint8_t *at)
{
	for (size_t i = 0; i < raffle->sellers_count; i++, at += SELLER_BYTES)
		raffle->sellers[i] = (struct seller){
			.name = (const char *)at,
			.district = get(at + NAME_BYTES, 2),
		};
}

static void read_tickets(struct raffle *raffle, const uint8_t *at)
{
	for (size_t i = 0; i < raffle->tickets_count; i++, at += TICKET_BYTES)
		raffle->tickets[i] = (struct ticket){
			.draw = at[0],
			.serial = get(at + 1, 4),
			.seller = (const char *)at + 5,
		};
}

int raffle_read(struct raffle *raffle, const uint8_t *bytes, size_t bytes_count)
{
	*raffle = (struct raffle){0};
	if (bytes_count < HEADER_BYTES || get(bytes, 4) != RAFFLE_MAGIC)
		return -EPROTO;
	raffle->sellers_count = get(bytes + 4, 4);
	raffle->tickets_count = get(bytes + 8, 4);
	if (bytes_count != HEADER_BYTES + raffle->sellers_count * SELLER_BYTES +
				   raffle->tickets_count * TICKET_BYTES)
		return -EPROTO;
	raffle->sellers = calloc(raffle->sellers_count, sizeof(struct seller));
	raffle->tickets = calloc(raffle->tickets_count, sizeof(struct ticket));
	if (!raffle->sellers || !raffle->tickets) {
		raffle_free(raffle);
		return -ENOMEM;
	}
	read_sellers(raffle, bytes + HEADER_BYTES);
	read_tickets(raffle, bytes + HEADER_BYTES +
				     raffle->sellers_count * SELLER_BYTES);
	return 0;
}

void raffle_free(struct raffle *raffle)
{
	free(raffle->sellers);
	free(raffle->tickets);
	*raffle = (struct raffle){0};
}
