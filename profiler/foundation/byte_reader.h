/*
 * foundation/byte_reader.h - reads numbers from bytes of a file, which may be
 * damaged or hostile.
 *
 * Reading past the end returns 0 (NULL, "") and sets `failed`, which stays set.
 * So a caller reads a whole structure, and checks `failed` once at the end.
 *
 * Ownership  pointers that are returned point into the bytes.
 * Threads    one per reader.
 */
#ifndef CLINIC_FOUNDATION_BYTE_READER_H
#define CLINIC_FOUNDATION_BYTE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct byte_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline size_t bytes_left(const struct byte_reader *r)
{
	return (size_t)(r->end - r->at);
}

/* Returns the next `size` bytes, or NULL if there are not so many. */
static inline const uint8_t *read_bytes(struct byte_reader *r, uint64_t size)
{
	const uint8_t *bytes = r->at;

	if (r->failed || size > bytes_left(r)) {
		r->failed = true;
		return NULL;
	}
	r->at += size;
	return bytes;
}

static inline void skip_bytes(struct byte_reader *r, uint64_t size)
{
	(void)read_bytes(r, size);
}

static inline uint64_t read_unsigned(struct byte_reader *r, size_t size)
{
	const uint8_t *bytes = read_bytes(r, size);
	uint64_t value = 0;

	if (bytes)
		memcpy(&value, bytes, size); /* both are little-endian */
	return value;
}

static inline uint8_t read_u8(struct byte_reader *r)
{
	return (uint8_t)read_unsigned(r, 1);
}

static inline int64_t read_signed(struct byte_reader *r, size_t size)
{
	unsigned int unused_bits = 64 - 8 * (unsigned int)size;

	return (int64_t)(read_unsigned(r, size) << unused_bits) >> unused_bits;
}

/*
 * Reads a LEB128 number; its bits beyond 64 are dropped, as other readers do.
 * *sign becomes the bits that a negative number has above those in the file.
 */
static inline uint64_t read_leb(struct byte_reader *r, uint64_t *sign)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = read_u8(r);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	*sign = shift < 64 && byte & 0x40 ? ~UINT64_C(0) << shift : 0;
	return value;
}

static inline uint64_t read_uleb(struct byte_reader *r)
{
	uint64_t unused;

	return read_leb(r, &unused);
}

static inline int64_t read_sleb(struct byte_reader *r)
{
	uint64_t sign;
	uint64_t value = read_leb(r, &sign);

	return (int64_t)(value | sign);
}

/* Returns the string that begins here; "" if no NUL ends it. */
static inline const char *read_text(struct byte_reader *r)
{
	size_t left = bytes_left(r);
	/* A reader of no bytes may have no address, which memchr() refuses. */
	const uint8_t *nul = left ? memchr(r->at, 0, left) : NULL;
	const uint8_t *text =
		read_bytes(r, nul ? (uint64_t)(nul - r->at) + 1 : UINT64_MAX);

	return text ? (const char *)text : "";
}

#endif
