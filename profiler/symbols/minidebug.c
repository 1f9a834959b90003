/* Unpacks .gnu_debugdata and reads its .symtab. */
#include "symbols/minidebug.h"
#include "foundation/growing_array.h"
#include "symbols/section_stream.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

/* Symbol tables pack 4:1; the largest known one unpacks to 20 MB. */
#define UNPACKED_BYTES_MAX (UINT64_C(256) << 20)
#define UNPACK_RATIO_MAX   64
#define LZMA_MEMORY_MAX    (UINT64_C(128) << 20)
#define PIECE_BYTES        65536

static int run_decoder(lzma_stream *stream, struct clinic_elf_bytes *unpacked,
		       uint64_t size_max)
{
	lzma_ret result = LZMA_OK;
	size_t capacity = 0;

	while (result == LZMA_OK) {
		uint8_t *grown;

		if (unpacked->size > size_max)
			return -EFBIG;
		grown = clinic_grow_by(unpacked->bytes, unpacked->size,
				       PIECE_BYTES, &capacity, 1);
		if (!grown)
			return -ENOMEM;
		unpacked->bytes = grown;
		stream->next_out = grown + unpacked->size;
		stream->avail_out = capacity - unpacked->size;
		result = lzma_code(stream, LZMA_FINISH);
		unpacked->size = capacity - stream->avail_out;
	}
	return result == LZMA_STREAM_END ? 0 : -EBADMSG;
}

static int unpack(const struct clinic_elf_bytes *packed,
		  struct clinic_elf_bytes *unpacked)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	uint64_t size_max = packed->size * UNPACK_RATIO_MAX;
	int error = -ENOMEM;

	*unpacked = (struct clinic_elf_bytes){0};
	if (size_max > UNPACKED_BYTES_MAX)
		size_max = UNPACKED_BYTES_MAX;
	if (lzma_stream_decoder(&stream, LZMA_MEMORY_MAX, 0) == LZMA_OK) {
		stream.next_in = packed->bytes;
		stream.avail_in = packed->size;
		error = run_decoder(&stream, unpacked, size_max);
	}
	lzma_end(&stream);
	return error;
}

static int read_inner(const struct clinic_elf_bytes *file,
		      const struct clinic_elf *binary,
		      struct clinic_symbol_table *table)
{
	struct clinic_elf *inner;
	int error = clinic_elf_open_memory(file->bytes, file->size, &inner);

	if (error)
		return error;
	error = clinic_symbol_table_read(table, inner, ".symtab", binary);
	clinic_elf_close(inner);
	return error;
}

int clinic_minidebug_read(const struct clinic_elf *binary,
			  struct clinic_symbol_table *table)
{
	const struct clinic_elf_section *section =
		clinic_elf_section(binary, ".gnu_debugdata");
	struct clinic_elf_bytes packed, unpacked;
	int error;

	if (!section)
		return -ENODATA;
	error = clinic_elf_read_section(binary, section, &packed);
	if (error)
		return error;
	error = unpack(&packed, &unpacked);
	if (!error)
		error = read_inner(&unpacked, binary, table);
	free(packed.bytes);
	free(unpacked.bytes);
	return error;
}
