/* Reads the offsets of our time namespace from /proc. */
#include "sources/time_namespace.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OWN      "/proc/self/ns/time"
#define CHILDREN "/proc/self/ns/time_for_children"
#define OFFSETS  "/proc/self/timens_offsets"

/*
 * /proc shows the offsets that our children will have. They are ours, unless we
 * have made a namespace for our children.
 */
static bool is_childrens_ours(void)
{
	char own[64] = "", children[64] = "";

	return readlink(OWN, own, sizeof(own) - 1) > 0 &&
	       readlink(CHILDREN, children, sizeof(children) - 1) > 0 &&
	       !strcmp(own, children);
}

uint64_t clinic_time_namespace_shift_ns(void)
{
	FILE *offsets = is_childrens_ours() ? fopen(OFFSETS, "re") : NULL;
	int64_t seconds, ns;
	uint64_t shift_ns = 0;

	if (!offsets)
		return 0;
	if (fscanf(offsets, "monotonic %" SCNd64 " %" SCNd64, &seconds, &ns) ==
	    2)
		shift_ns = (uint64_t)seconds * 1000000000u + (uint64_t)ns;
	fclose(offsets);
	return shift_ns;
}
