/* Times the checksums of readings, and logs them afterwards. */
#include "fnv_checksum.h"
#include "stopwatch.h"

#include <clinic/black_box.h>
#include <stdlib.h>

static void log_all(FILE *log, const uint32_t *sums, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(log, "%zu %08x\n", i, sums[i]);
	fflush(log);
}

struct timing time_readings(const uint8_t *readings, size_t readings_count,
			    FILE *log)
{
	struct timing timing = {.steps_count = readings_count * READING_BYTES};
	uint32_t *sums = malloc(readings_count * sizeof(*sums));
	uint64_t start_ns;

	if (!sums)
		abort();
	start_ns = stopwatch_now_ns();
	for (size_t i = 0; i < readings_count; i++)
		sums[i] = checksum(readings + i * READING_BYTES, READING_BYTES);
	clinic_black_box_in(sums);
	timing.took_ns = stopwatch_now_ns() - start_ns;
	log_all(log, sums, readings_count);
	free(sums);
	return timing;
}
