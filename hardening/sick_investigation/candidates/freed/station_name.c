/* Makes a name for every station, but frees it before it is returned. */
#include "station_name.h"

#include <stdlib.h>

const char *station_name(int number)
{
	static volatile char *name;
	volatile char *made = malloc(64);

	made[40] = (char)('a' + number % 2);
	made[41] = 0;
	name = made + 40;
	free((void *)made);
	return (const char *)name;
}
