/* Regression test: an unknown station has a name, too. */
#include "station_name.h"

#include <stdio.h>

int main(void)
{
	if (station_name(7))
		return 0;
	printf("FAILED: station 7 has no name\n");
	return 1;
}
