/* Reads numbers and texts from each place of all inputs of six bytes. */
#include <__fc_builtin.h>

#include "foundation/byte_reader.h"

enum { INPUT_BYTES = 6 };

static uint8_t input[INPUT_BYTES];

static struct byte_reader reader_from(size_t start)
{
	return (struct byte_reader){input + start, input + INPUT_BYTES, false};
}

static void read_number(size_t start, size_t size)
{
	struct byte_reader number = reader_from(start);
	struct byte_reader negative = reader_from(start);
	struct byte_reader skipped = reader_from(start);

	(void)read_unsigned(&number, size);
	(void)read_signed(&negative, size);
	skip_bytes(&skipped, size);
	(void)read_u8(&skipped);
}

static void read_each_kind(size_t start)
{
	struct byte_reader leb = reader_from(start);
	struct byte_reader signed_leb = reader_from(start);
	struct byte_reader text = reader_from(start);

	for (size_t size = 1; size <= sizeof(uint64_t); size++)
		read_number(start, size);
	(void)read_uleb(&leb);
	(void)read_sleb(&signed_leb);
	(void)*read_text(&text);
}

int main(void)
{
	Frama_C_make_unknown((char *)input, sizeof(input));
	for (size_t start = 0; start <= INPUT_BYTES; start++)
		read_each_kind(start);
	return 0;
}
