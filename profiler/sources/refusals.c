/* Lists instruments that did not work, and what would help. */
#include "sources/refusals.h"

#include <stdarg.h>
#include <stdio.h>

void clinic_refusals_add(struct clinic_refusals *refusals, const char *tried,
			 int error, const char *advice, ...)
{
	va_list arguments;

	if (refusals->count == CLINIC_REFUSALS_MAX)
		return;
	refusals->rows[refusals->count].tried = tried;
	refusals->rows[refusals->count].errno_number = error;
	va_start(arguments, advice);
	vsnprintf(refusals->rows[refusals->count].advice,
		  sizeof(refusals->rows[0].advice), advice, arguments);
	va_end(arguments);
	refusals->count++;
}
