/* Times the checksums of readings, and logs each; what is logged is written
 * when the buffer is full. */
#include "fnv_checksum.h"
#include "stopwatch.h"

struct timing time_readings(const uint8_t *readings, size_t readings_count,
			    FILE *log)
{
	struct timing timing = {.steps_count = readings_count * READING_BYTES};
	uint64_t start_ns = stopwatch_now_ns();

	for (size_t i = 0; i < readings_count; i++) {
		uint32_t sum =
			checksum(readings + i * READING_BYTES, READING_BYTES);

		fprintf(log, "%zu %08x\n", i, sum);
	}
	timing.took_ns = stopwatch_now_ns() - start_ns;
	return timing;
}
