/* highest.h - the highest reading so far, and the station that sent it.
 *
 * Ownership  the name is valid until the next reading is taken.
 */
#ifndef HIGHEST_H
#define HIGHEST_H

#include "message.h"

struct highest {
	const struct reading *reading; /* NULL before the first */
};

void highest_take(struct highest *highest, const struct reading *reading);
const char *highest_station(const struct highest *highest);

#endif
