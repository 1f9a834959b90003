/* Saves the peak that a process wrote at its end, or the most that we saw. */
#include "collect/resident_rows.h"

#include <limits.h>

#include "collect/process_status.h"
#include "session/session.h"

void clinic_resident_look(const struct clinic_arena_facts *facts)
{
	for (size_t i = 0; i < facts->images_count; i++) {
		struct arena_image *image = facts->images[i];
		uint64_t bytes = image->is_done
					 ? 0
					 : clinic_process_peak_rss_bytes(
						   (pid_t)image->file.pid);

		if (bytes > image->resident_seen_bytes)
			image->resident_seen_bytes = bytes;
	}
}

int clinic_resident_row(struct clinic_session *session,
			const struct arena_image *image,
			struct clinic_resident_peak *row)
{
	char command[PATH_MAX];

	*row = (struct clinic_resident_peak){
		.pid = image->file.pid,
		.bytes = image->file.damage
				 ? 0
				 : image->file.head->resident_peak_bytes,
	};
	if (!row->bytes)
		row->bytes = image->resident_seen_bytes;
	if (!row->bytes)
		return 0;
	return clinic_session_text_id(
		session,
		clinic_arena_image_command(image, command, sizeof(command)),
		&row->program_id);
}

static int save_one(struct clinic_session *session,
		    const struct arena_image *image)
{
	struct clinic_resident_peak row;
	int err = clinic_resident_row(session, image, &row);

	return err || !row.bytes
		       ? err
		       : clinic_session_add(session, CLINIC_RESIDENT_PEAKS,
					    &row);
}

int clinic_resident_rows_save(struct clinic_session *session,
			      const struct clinic_arena_facts *facts)
{
	int err = 0;

	for (size_t i = 0; !err && i < facts->images_count; i++)
		/* A program that was replaced by exec wrote no peak. */
		if (i + 1 == facts->images_count ||
		    facts->images[i + 1]->file.pid !=
			    facts->images[i]->file.pid)
			err = save_one(session, facts->images[i]);
	return err;
}
