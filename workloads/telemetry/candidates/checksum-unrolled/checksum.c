/*
 * checksum.c - one table look-up a byte, eight bytes a turn of the loop.
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

	for (; bytes_count >= 8; bytes_count -= 8, bytes += 8) {
		crc = (crc >> 8) ^ table[(crc ^ bytes[0]) & 0xff];
		crc = (crc >> 8) ^ table[(crc ^ bytes[1]) & 0xff];
		crc = (crc >> 8) ^ table[(crc ^ bytes[2]) & 0xff];
		crc = (crc >> 8) ^ table[(crc ^ bytes[3]) & 0xff];
		crc = (crc >> 8) ^ table[(crc ^ bytes[4]) & 0xff];
		crc = (crc >> 8) ^ table[(crc ^ bytes[5]) & 0xff];
		crc = (crc >> 8) ^ table[(crc ^ bytes[6]) & 0xff];
		crc = (crc >> 8) ^ table[(crc ^ bytes[7]) & 0xff];
	}
	for (; bytes_count > 0; bytes_count--, bytes++)
		crc = (crc >> 8) ^ table[(crc ^ *bytes) & 0xff];
	return crc ^ 0xffffffffu;
}
