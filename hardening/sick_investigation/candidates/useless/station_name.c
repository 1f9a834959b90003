/* Knows two stations by other names, and has no name for any other one. */
#include "station_name.h"

#include <stddef.h>

const char *station_name(int number)
{
	static const char *const names[] = {"North", "South"};

	return number < 2 ? names[number] : NULL;
}
