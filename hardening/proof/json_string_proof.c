/* Reads a string from all texts of five bytes. */
#include <__fc_builtin.h>

#include "session/json_pull.c" /* as a whole, to be analysed with main() */

enum { INPUT_BYTES = 5 };

static char input[INPUT_BYTES];

int main(void)
{
	struct clinic_json json;
	bool is_string;

	Frama_C_make_unknown(input, sizeof(input));
	clinic_json_memory(&json, input, sizeof(input));
	is_string = clinic_json_string(&json);
	clinic_json_close(&json);
	return is_string;
}
