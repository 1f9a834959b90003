/* Names of files; opening and writing sessions, with the sentence that says
 * what failed. */
#include <errno.h>
#include <string.h>

#include "cli/verb.h"
#include "session/session.h"
#include "session/session_json.h"

int clinic_open_session(const char *path, struct clinic_session **session)
{
	struct clinic_why why;
	int error = clinic_session_read(path, session, &why);

	switch (error) {
	case 0:
		return 0;
	case -EBADMSG:
		return clinic_complain("%s is not a session that can be read: "
				       "%s; record or import it again",
				       path, why.text);
	case -EPROTO:
		return clinic_complain("%s is too new: %s; use the clinic that "
				       "wrote it",
				       path, why.text);
	case -EFBIG:
		return clinic_complain(
			"%s is too large: %s; record a shorter "
			"time",
			path, *why.text ? why.text : "it is past the limits");
	default:
		return clinic_complain("cannot read %s: %s", path,
				       strerror(-error));
	}
}

bool clinic_has_suffix(const char *path, const char *suffix)
{
	size_t length = strlen(path);

	if (length > 3 && !strcmp(path + length - 3, ".gz"))
		length -= 3;
	return length > strlen(suffix) &&
	       !strncmp(path + length - strlen(suffix), suffix, strlen(suffix));
}

int clinic_check_session_name(const char *path)
{
	if (!path)
		return clinic_complain("where should the session go? say -o "
				       "session.json");
	if (clinic_has_suffix(path, ".json") || !strncmp(path, "/dev/", 5))
		return CLINIC_EXIT_DONE;
	return clinic_complain(
		"a session ends in .json or .json.gz, not as %s "
		"does; `clinic export` makes other formats of it",
		path);
}

int clinic_written(const char *path, int error)
{
	if (!error)
		return CLINIC_EXIT_DONE;
	return clinic_complain("cannot write %s: %s", path, strerror(-error));
}
