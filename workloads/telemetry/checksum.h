/*
 * checksum.h - CRC-32 of IEEE 802.3, as at the end of each frame.
 *
 * Threads    checksum_prepare() once, before any thread calculates.
 */
#ifndef TELEMETRY_CHECKSUM_H
#define TELEMETRY_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

void checksum_prepare(void);
uint32_t checksum_of(const uint8_t *bytes, size_t bytes_count);

#endif
