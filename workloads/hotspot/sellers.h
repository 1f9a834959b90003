/*
 * sellers.h - in which district a seller may sell.
 *
 * Ownership  the list of sellers is the caller's and outlives the register.
 * Errors     open returns NULL without memory; a failed look-up is -ENOMEM.
 * Threads    one at a time per register.
 */
#ifndef HOTSPOT_SELLERS_H
#define HOTSPOT_SELLERS_H

#include "ticket.h"

#include <stddef.h>

struct seller_register;

struct seller_register *seller_register_open(const struct seller *sellers,
					     size_t sellers_count);
void seller_register_close(struct seller_register *reg);

/* 0 is written for a name that is none of ours. */
int seller_district(struct seller_register *reg, const char *name,
		    uint32_t *district);

#endif
