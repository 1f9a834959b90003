/* Knows two stations, and calls every other one unknown. */
#include "station_name.h"

const char *station_name(int number)
{
	static const char *const names[] = {"north", "south"};

	return number < 2 ? names[number] : "unknown";
}
