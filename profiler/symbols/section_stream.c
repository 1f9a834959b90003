/* Reads a section piece by piece, and unpacks it if it is compressed. */
#include "symbols/section_stream.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define PIECE_BYTES (128 << 10)

struct stream {
	const struct clinic_elf *elf;
	uint64_t offset; /* offset of the next piece in the file */
	uint64_t packed_left;
	uint64_t left; /* bytes that on_bytes has yet to get */
	clinic_section_on_bytes *on_bytes;
	void *context;
	struct inflate_state inflater;
	uint8_t packed[PIECE_BYTES];
	uint8_t piece[PIECE_BYTES];
};

static int read_piece(struct stream *stream, uint8_t *bytes, size_t *size)
{
	int error;

	*size = stream->packed_left < PIECE_BYTES ? (size_t)stream->packed_left
						  : PIECE_BYTES;
	error = clinic_elf_read(stream->elf, bytes, *size, stream->offset);
	stream->offset += *size;
	stream->packed_left -= *size;
	return error;
}

static int hand_on(struct stream *stream, size_t size)
{
	if (size > stream->left)
		return -EBADMSG;
	stream->left -= size;
	return size ? stream->on_bytes(stream->context, stream->piece, size)
		    : 0;
}

static int stream_plain(struct stream *stream)
{
	int error = 0;

	while (!error && stream->packed_left) {
		size_t size;

		error = read_piece(stream, stream->piece, &size);
		if (!error)
			error = hand_on(stream, size);
	}
	return error;
}

static int refill(struct stream *stream)
{
	size_t size;
	int error;

	if (stream->inflater.avail_in || !stream->packed_left)
		return 0;
	error = read_piece(stream, stream->packed, &size);
	stream->inflater.next_in = stream->packed;
	stream->inflater.avail_in = (uint32_t)size;
	return error;
}

static int inflate_piece(struct stream *stream)
{
	struct inflate_state *inflater = &stream->inflater;
	int error = refill(stream);
	bool was_last = !stream->packed_left;
	int result;

	if (error)
		return error;
	inflater->next_out = stream->piece;
	inflater->avail_out = PIECE_BYTES;
	result = isal_inflate(inflater);
	/* Cut short: all was read, and it still wants more. */
	if (result < 0 || result > ISAL_END_INPUT ||
	    (was_last && inflater->avail_out && !inflater->avail_in &&
	     inflater->block_state != ISAL_BLOCK_FINISH))
		return -EBADMSG;
	return hand_on(stream, PIECE_BYTES - inflater->avail_out);
}

/* The stream is read to its end, because its checksum stands there. */
static int stream_inflated(struct stream *stream)
{
	int error;

	isal_inflate_init(&stream->inflater);
	stream->inflater.crc_flag = ISAL_ZLIB;
	do {
		error = inflate_piece(stream);
	} while (!error && stream->inflater.block_state != ISAL_BLOCK_FINISH);
	return error;
}

static int unpack_piece(struct stream *stream, ZSTD_DStream *unpacker,
			ZSTD_inBuffer *in, size_t *wanted)
{
	ZSTD_outBuffer out = {stream->piece, PIECE_BYTES, 0};
	int error = 0;

	if (in->pos == in->size && stream->packed_left) {
		error = read_piece(stream, stream->packed, &in->size);
		in->pos = 0;
	}
	if (error)
		return error;
	*wanted = ZSTD_decompressStream(unpacker, &out, in);
	if (ZSTD_isError(*wanted))
		return -EBADMSG;
	/* Cut short: all was read, and it still wants more. */
	if (*wanted && !out.pos && in->pos == in->size && !stream->packed_left)
		return -EBADMSG;
	return hand_on(stream, out.pos);
}

static int stream_zstd(struct stream *stream)
{
	ZSTD_DStream *unpacker = ZSTD_createDStream();
	ZSTD_inBuffer in = {stream->packed, 0, 0};
	size_t wanted = 1;
	int error = unpacker ? 0 : -ENOMEM;

	/* A linker may write a section as several frames. */
	while (!error && (wanted || in.pos < in.size || stream->packed_left))
		error = unpack_piece(stream, unpacker, &in, &wanted);
	ZSTD_freeDStream(unpacker);
	return error;
}

static int stream_all(struct stream *stream, enum clinic_elf_packing packing)
{
	switch (packing) {
	case CLINIC_ELF_ZLIB:
		return stream_inflated(stream);
	case CLINIC_ELF_ZSTD:
		return stream_zstd(stream);
	case CLINIC_ELF_PLAIN:
		break;
	}
	return stream_plain(stream);
}

int clinic_section_stream(const struct clinic_elf *elf,
			  const struct clinic_elf_section *section,
			  clinic_section_on_bytes *on_bytes, void *context)
{
	struct stream *stream;
	int error;

	if (section->type == SHT_NOBITS)
		return -ENODATA;
	stream = malloc(sizeof(*stream));
	if (!stream)
		return -ENOMEM;
	stream->elf = elf;
	stream->offset = section->offset + section->header_bytes;
	stream->packed_left = section->file_bytes - section->header_bytes;
	stream->left = section->size_bytes;
	stream->on_bytes = on_bytes;
	stream->context = context;
	error = stream_all(stream, section->packing);
	if (!error && stream->left)
		error = -EBADMSG;
	free(stream);
	return error;
}

struct filling {
	uint8_t *next;
};

/* A clinic_section_on_bytes. */
static int fill(void *context, const uint8_t *bytes, size_t size)
{
	struct filling *filling = context;

	memcpy(filling->next, bytes, size);
	filling->next += size;
	return 0;
}

int clinic_elf_read_section(const struct clinic_elf *elf,
			    const struct clinic_elf_section *section,
			    struct clinic_elf_bytes *bytes)
{
	int error;

	*bytes = (struct clinic_elf_bytes){.size = section->size_bytes};
	if (section->type == SHT_NOBITS)
		return -ENODATA; /* and its size cannot be trusted */
	bytes->bytes = malloc(bytes->size + 1);
	if (!bytes->bytes)
		return -ENOMEM;
	bytes->bytes[bytes->size] = '\0';
	error = clinic_section_stream(elf, section, fill,
				      &(struct filling){bytes->bytes});
	if (error) {
		free(bytes->bytes);
		*bytes = (struct clinic_elf_bytes){0};
	}
	return error;
}
