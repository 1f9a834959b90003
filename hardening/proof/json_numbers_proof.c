/* Reads an array of integers from all texts of seven bytes. */
#include <__fc_builtin.h>

#include "session/json_pull.c" /* as a whole, to be analysed with main() */

enum { INPUT_BYTES = 7 };

static char input[INPUT_BYTES];

int main(void)
{
	struct clinic_json json;
	bool is_negative, is_first = true;
	uint64_t magnitude;

	Frama_C_make_unknown(input, sizeof(input));
	clinic_json_memory(&json, input, sizeof(input));
	if (clinic_json_expect(&json, '['))
		while (clinic_json_next(&json, ']', &is_first))
			clinic_json_integer(&json, &is_negative, &magnitude);
	return clinic_json_end(&json);
}
