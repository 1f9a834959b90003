/*
 * wire.h - the bytes that ground stations send, and those we send on.
 *
 * Units      _BYTES bytes; integers are little-endian.
 * Read next  README.md, the layout as a table.
 */
#ifndef TELEMETRY_WIRE_H
#define TELEMETRY_WIRE_H

#include <stdint.h>

#define BATCH_MAGIC        0x424d4c54u
#define BATCH_HEADER_BYTES 12
#define BATCH_FRAMES_MAX   1000000

#define FRAME_MAGIC        0x4754u
#define FRAME_VERSION      1
#define FRAME_HEADER_BYTES 20
#define CHECKSUM_BYTES     4
#define PAYLOAD_BYTES_MAX  1024
#define FRAME_BYTES_MAX                                                        \
	(FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX + CHECKSUM_BYTES)

#define MESSAGE_HEADER_BYTES 16
#define MESSAGE_BYTES_MAX    (MESSAGE_HEADER_BYTES + PAYLOAD_BYTES_MAX)

static inline uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}

static inline uint64_t get_u64(const uint8_t *at)
{
	return (uint64_t)get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

static inline uint8_t *put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
	return at + 2;
}

static inline uint8_t *put_u32(uint8_t *at, uint32_t value)
{
	return put_u16(put_u16(at, (uint16_t)value), (uint16_t)(value >> 16));
}

static inline uint8_t *put_u64(uint8_t *at, uint64_t value)
{
	return put_u32(put_u32(at, (uint32_t)value), (uint32_t)(value >> 32));
}

#endif
