/* Times the checksum of a number, many times over, for one is too short. */
#include "fnv_checksum.h"
#include "stopwatch.h"

#include <clinic/black_box.h>

/* Not const: what never changes may be folded in spite of the barrier. */
static uint32_t station = 1907;

struct timing time_number(size_t rounds, uint32_t *answer)
{
	struct timing timing = {.steps_count = rounds * sizeof(station)};
	uint64_t start_ns = stopwatch_now_ns();

	for (size_t i = 0; i < rounds; i++) {
		clinic_black_box_in(&station);
		*answer = checksum_of_number(station);
		clinic_black_box_out(*answer);
	}
	timing.took_ns = stopwatch_now_ns() - start_ns;
	return timing;
}
