/*
 * foundation/output_place.h - the folder and the name that a path stands for,
 * when something is to be written there; and the draft beside it.
 *
 * Every component is looked at by hand, and a symbolic link is followed only
 * where its owner is root or we are: who else may make one in a folder would
 * choose what we replace. The kernel has the like in
 * fs.protected_symlinks, which need not be set and ends at sticky folders.
 *
 *	clinic_output_place_open(&place, path, &fd)
 *	... write to fd, and close it ...
 *	clinic_output_place_close(&place, error)
 *
 * A file appears by rename, whole, with the mode of the one that it takes the
 * place of. What is there and no regular file (a device, a pipe, our own
 * standard output) is written to as it is.
 *
 * Errors     0 or -errno: -ELOOP a link of somebody else's, or a circle of
 *            them; -EISDIR a folder.
 * Read next  output_file.h, which writes there.
 */
#ifndef CLINIC_FOUNDATION_OUTPUT_PLACE_H
#define CLINIC_FOUNDATION_OUTPUT_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct clinic_output_place {
	int folder_fd; /* -1: none */
	char name[NAME_MAX + 1];
	bool is_there;
	/* What is there now. A link only below /proc, to a descriptor. */
	struct stat status;
	/* Where it is written, in that folder; "": it is no regular file. */
	char draft[sizeof(".clinic-0123456789abcdef.part")];
};

/* After a failure there is nothing to close. */
int clinic_output_place_open(struct clinic_output_place *place,
			     const char *path, int *fd);
/* Once fd is closed. error: of the writing; not 0 removes the draft. */
int clinic_output_place_close(struct clinic_output_place *place, int error);

#endif
