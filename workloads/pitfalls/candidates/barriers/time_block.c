/* Times the checksum of one block. */
#include "fnv_checksum.h"
#include "stopwatch.h"

#include <clinic/black_box.h>

struct timing time_block(const uint8_t *bytes, size_t count)
{
	struct timing timing = {.steps_count = count};
	uint64_t start_ns = stopwatch_now_ns();

	clinic_black_box_out(checksum(bytes, count));
	timing.took_ns = stopwatch_now_ns() - start_ns;
	return timing;
}
