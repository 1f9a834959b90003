/* message.h - decodes the text messages of ground stations into readings.
 *
 * Ownership  a reading is in the decoder's buffer, and is invalid once the next
 * message is decoded.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>

struct reading {
	const char *station;
	long value;
};

struct decoder {
	char *buffer;
};

/* Decodes "STATION VALUE"; NULL for any other text, or without memory. */
const struct reading *decode_message(struct decoder *decoder, const char *text);
void decoder_close(struct decoder *decoder);

#endif
