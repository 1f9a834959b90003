/* highest.h - the highest reading so far, and the station that sent it.
 *
 * Ownership  the struct owns its copy of the name, which is valid until the
 * next reading is taken.
 */
#ifndef HIGHEST_H
#define HIGHEST_H

#include "message.h"

struct highest {
	char station[128]; /* empty before the first */
	long value;
};

void highest_take(struct highest *highest, const struct reading *reading);
const char *highest_station(const struct highest *highest);

#endif
