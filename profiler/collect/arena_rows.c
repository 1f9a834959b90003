/* Saves the exact sums of an arena into a session. */
#include "collect/arena_rows.h"

#include "collect/alloc_rows.h"
#include "collect/lock_rows.h"
#include "session/session.h"

static int name_stages(struct clinic_arena_sums *sums,
		       const struct arena_image *image)
{
	char name[STAGE_NAME_BYTES];
	uint32_t unused;
	int err = 0;

	for (uint32_t node = 1; !err && node < STAGE_NODES_MAX; node++)
		if (clinic_arena_stage(&image->file, node, name))
			err = clinic_session_stage_id(sums->session, name,
						      &unused);
	return err;
}

int clinic_arena_rows_save(struct clinic_arena_sums *sums,
			   const struct arena_image *image, bool with_alloc,
			   bool with_lock)
{
	int err = name_stages(sums, image);

	if (!err && with_alloc && !image->file.head->is_unobservable)
		err = clinic_alloc_rows_save(sums, image);
	if (!err && with_lock)
		err = clinic_lock_rows_save(sums, image);
	return err;
}
