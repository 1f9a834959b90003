/*
 * session/row_name.h - the name of a row of a tally, in reports of any form.
 *
 * The name is that of a function, "file:line", a path, "name pid/tid" or a
 * stage; code without a name is "[library]".
 *
 * Ownership  a name that consists of parts is composed in `room`; any other one
 *            belongs to the session, or is a literal.
 */
#ifndef CLINIC_SESSION_ROW_NAME_H
#define CLINIC_SESSION_ROW_NAME_H

#include <stddef.h>

#include "session/tally.h"

const char *clinic_row_name(const struct clinic_session *session,
			    enum clinic_group group,
			    const struct clinic_tally_row *row, char *room,
			    size_t room_bytes);

#endif
