/* Saves a recording at its path or at another place, then says where. */
#include "cli/saved_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cli/session_files.h"
#include "foundation/terminal_text.h"
#include "session/session_json.h"

/*
 * Saves to another folder when the disk is full. Others may write to that
 * folder, too, so the name must not be predictable.
 */
static void save_elsewhere(const struct clinic_session *session,
			   struct clinic_saved *saved)
{
	const char *folders[] = {getenv("TMPDIR"), "/tmp", "/dev/shm"};
	uint64_t number = 0;

	for (size_t i = 0; i < 3; i++) {
		if (!folders[i] ||
		    getrandom(&number, sizeof(number), 0) != sizeof(number))
			continue;
		snprintf(saved->path, sizeof(saved->path),
			 "%s/clinic-%016" PRIx64 ".json.gz", folders[i],
			 number);
		if (!clinic_session_write(session, saved->path))
			return;
	}
	*saved->path = '\0';
}

void clinic_save(const struct clinic_session *session, const char *path,
		 struct clinic_saved *saved)
{
	*saved = (struct clinic_saved){
		.error = clinic_session_write(session, path)};
	snprintf(saved->path, sizeof(saved->path), "%s", path);
	if (saved->error)
		save_elsewhere(session, saved);
	else if (stat(path, &saved->file))
		saved->file.st_size = 0;
}

int clinic_describe_saved(const struct clinic_saved *saved, const char *asked)
{
	const char *path = clinic_terminal_text(saved->path);
	int status = clinic_written(asked, saved->error);

	if (!status && saved->file.st_size)
		fprintf(stderr,
			"clinic record: wrote %s (%jd bytes); next: clinic "
			"report %s\n",
			path, (intmax_t)saved->file.st_size, path);
	if (status && *path)
		fprintf(stderr,
			"clinic record: wrote %s instead; next: clinic report "
			"%s\n",
			path, path);
	return status;
}
