/* Decodes a message into one buffer: first the station's name, then the
 * reading. */
#include "message.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES 256
#define NAME_BYTES   128

/* The offset of the reading: the first one after the name that is aligned. */
static size_t offset_behind(size_t name_bytes)
{
	size_t step = _Alignof(struct reading);

	return (name_bytes + step - 1) / step * step;
}

const struct reading *decode_message(struct decoder *decoder, const char *text)
{
	const char *space = strchr(text, ' ');
	size_t length = space ? (size_t)(space - text) : 0;
	struct reading *reading;

	free(decoder->buffer);
	decoder->buffer = NULL;
	if (!length || length >= NAME_BYTES)
		return NULL;
	decoder->buffer = malloc(BUFFER_BYTES);
	if (!decoder->buffer)
		return NULL;
	memcpy(decoder->buffer, text, length);
	decoder->buffer[length] = '\0';
	reading = (void *)(decoder->buffer + offset_behind(length + 1));
	reading->station = decoder->buffer;
	reading->value = strtol(space, NULL, 10);
	return reading;
}

void decoder_close(struct decoder *decoder)
{
	free(decoder->buffer);
	decoder->buffer = NULL;
}
