/* Knows two stations, and has no name for any other one. */
#include "station_name.h"

#include <stddef.h>

const char *station_name(int number)
{
	static const char *const names[] = {"north", "south"};

	return number < 2 ? names[number] : NULL;
}
