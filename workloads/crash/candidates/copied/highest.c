/* Keeps a copy of the highest reading. */
#include "highest.h"

#include <stdio.h>

void highest_take(struct highest *highest, const struct reading *reading)
{
	if (highest->station[0] && reading->value <= highest->value)
		return;
	snprintf(highest->station, sizeof(highest->station), "%s",
		 reading->station);
	highest->value = reading->value;
}

const char *highest_station(const struct highest *highest)
{
	return highest->station;
}
