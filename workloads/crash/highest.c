/* Keeps a pointer to the highest reading. */
#include "highest.h"

#include <stddef.h>

void highest_take(struct highest *highest, const struct reading *reading)
{
	if (!highest->reading || reading->value > highest->reading->value)
		highest->reading = reading;
}

const char *highest_station(const struct highest *highest)
{
	return highest->reading ? highest->reading->station : "";
}
