/* Finds the function of a session that has a whole or a short name. */
#include "session/named_function.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "session/session.h"
#include "session/short_name.h"

#define SHORT_BYTES_MAX 512

int clinic_named_function(const struct clinic_session *session,
			  const char *typed, const char **name)
{
	uint32_t count, found_id = 0;
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &count);
	char room[SHORT_BYTES_MAX];
	int result = -ENOENT;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = frame[i].function_id;
		const char *whole = clinic_session_text(session, id);

		if (!id || id == found_id)
			continue;
		if (!strcmp(whole, typed)) {
			*name = whole;
			return 0;
		}
		if (strcmp(clinic_short_name(whole, room, sizeof(room)), typed))
			continue;
		result = found_id ? -ENOTUNIQ : 0;
		found_id = id;
	}
	if (found_id)
		*name = clinic_session_text(session, found_id);
	return result;
}
