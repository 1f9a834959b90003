/* Regression test: the highest reading stays the same when later messages are
 * decoded. */
#include "highest.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
	struct decoder decoder = {NULL};
	struct highest highest = {0};
	int wrong;

	highest_take(&highest, decode_message(&decoder, "oslo 31"));
	decode_message(&decoder, "the-lighthouse-on-the-northern-coast 12");
	wrong = strcmp(highest_station(&highest), "oslo") != 0;
	if (wrong)
		printf("FAILED: oslo is no longer the highest\n");
	decoder_close(&decoder);
	return wrong;
}
