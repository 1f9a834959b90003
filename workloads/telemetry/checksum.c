/*
 * checksum.c - one table look-up a byte.
 */
#include "checksum.h"

#define POLYNOMIAL 0xedb88320u

static uint32_t table[256];

void checksum_prepare(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (POLYNOMIAL & (0u - (crc & 1u)));
		table[i] = crc;
	}
}

uint32_t checksum_of(const uint8_t *bytes, size_t bytes_count)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < bytes_count; i++)
		crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xff];
	return crc ^ 0xffffffffu;
}
