/* Reads a frame of perf script from all lines of six bytes. */
#include <__fc_builtin.h>

/* As a whole, to be analysed with main(). */
#include "formats/perf_script_line.c"
#include "foundation/text_span.c"

enum { INPUT_BYTES = 6 };

static char input[INPUT_BYTES];

int main(void)
{
	const struct clinic_span line = {input, INPUT_BYTES};
	struct clinic_perf_frame_line frame;

	Frama_C_make_unknown(input, sizeof(input));
	return clinic_perf_frame_line_parse(line, &frame);
}
