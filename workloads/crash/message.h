/* message.h - messages of ground stations, as text, to readings.
 *
 * Ownership  a reading lives in the decoder's buffer, which the next message is
 * decoded in: it is dead from then on.
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

/* "STATION VALUE" to a reading; NULL for any other text, or without memory. */
const struct reading *decode_message(struct decoder *decoder, const char *text);
void decoder_close(struct decoder *decoder);

#endif
