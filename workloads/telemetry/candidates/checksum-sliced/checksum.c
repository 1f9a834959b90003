/*
 * checksum.c - eight bytes a step, from eight tables that do not wait for each
 * other (slicing-by-8; Kounavis and Berry, 2005).
 */
#include "checksum.h"

#include "wire.h"

#define POLYNOMIAL 0xedb88320u

#define SLICES 8

/* tables[n]: the byte, followed by n bytes of zero. */
static uint32_t tables[SLICES][256];

void checksum_prepare(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (POLYNOMIAL & (0u - (crc & 1u)));
		tables[0][i] = crc;
	}
	for (size_t n = 1; n < SLICES; n++)
		for (size_t i = 0; i < 256; i++) {
			uint32_t crc = tables[n - 1][i];

			tables[n][i] = (crc >> 8) ^ tables[0][crc & 0xff];
		}
}

uint32_t checksum_of(const uint8_t *bytes, size_t bytes_count)
{
	uint32_t crc = 0xffffffffu;

	for (; bytes_count >= SLICES; bytes_count -= SLICES, bytes += SLICES) {
		crc ^= get_u32(bytes);
		crc = tables[7][crc & 0xff] ^ tables[6][crc >> 8 & 0xff] ^
		      tables[5][crc >> 16 & 0xff] ^ tables[4][crc >> 24] ^
		      tables[3][bytes[4]] ^ tables[2][bytes[5]] ^
		      tables[1][bytes[6]] ^ tables[0][bytes[7]];
	}
	for (; bytes_count > 0; bytes_count--, bytes++)
		crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 0xff];
	return crc ^ 0xffffffffu;
}
