/* Decodes the messages of an evening and prints the warmest station. */
#include "highest.h"

#include <stdio.h>

static const char *const messages[] = {
	"oslo 31",
	"the-lighthouse-on-the-northern-coast 12",
	"bergen 14",
	"the-research-station-in-the-mountains 9",
};

static struct highest warmest;

static void print_warmest(void)
{
	printf("%.100s\n", highest_station(&warmest));
}

int main(void)
{
	struct decoder decoder = {NULL};
	size_t count = sizeof(messages) / sizeof(*messages);

	for (size_t i = 0; i < count; i++) {
		const struct reading *reading =
			decode_message(&decoder, messages[i]);

		if (reading)
			highest_take(&warmest, reading);
	}
	print_warmest();
	decoder_close(&decoder);
	return 0;
}
