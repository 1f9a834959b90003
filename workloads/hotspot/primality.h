/*
 * primality.h - is a serial number genuine, that is, a prime?
 *
 * Threads    any number at once.
 */
#ifndef HOTSPOT_PRIMALITY_H
#define HOTSPOT_PRIMALITY_H

#include <stdbool.h>
#include <stdint.h>

bool is_prime(uint32_t number);

#endif
