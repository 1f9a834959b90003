/* Times the checksum of a number, many times over, for one is too short. */
#include "fnv_checksum.h"
#include "stopwatch.h"

static const uint32_t station = 1907;

struct timing time_number(size_t rounds, uint32_t *answer)
{
	struct timing timing = {.steps_count = rounds * sizeof(station)};
	volatile uint32_t kept = 0;
	uint64_t start_ns = stopwatch_now_ns();

	for (size_t i = 0; i < rounds; i++)
		kept = checksum_of_number(station);
	timing.took_ns = stopwatch_now_ns() - start_ns;
	*answer = kept;
	return timing;
}
