/*
 * foundation/output_place.h - finds the folder and the name of a file that is
 * to be written, and makes a draft beside it.
 *
 *	clinic_output_place_open(&place, path, &fd);
 *	... write to fd, and close it ...
 *	clinic_output_place_close(&place, error);
 *
 *	folder/.clinic-0123456789abcdef.part  --rename at close-->  folder/name
 *
 * Each component of the path is checked, and a symbolic link is followed only
 * if it belongs to root or to us. Otherwise, whoever can make a link in a
 * folder could choose which file we replace. The kernel has a similar
 * protection (fs.protected_symlinks), but it may be switched off, and it only
 * covers sticky folders that everybody may write to.
 *
 * A file appears complete, by rename, with the mode of the file that it
 * replaces. What is not a regular file (a device, a pipe, our own standard
 * output) is written to directly.
 *
 * Ownership  the caller closes fd, and then calls close even after an error of
 *            writing.
 * Errors     0 or -errno. -ELOOP: a link belongs to another user, or links form
 *            a circle; -EISDIR: the path is a folder.
 * Read next  output_file.h, which writes files; stale_drafts.h.
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
	/*
	 * Of the file that exists now. It is a link only below /proc, to a
	 * descriptor.
	 */
	struct stat status;
	/*
	 * Its name in that folder; "": the file itself is written to directly.
	 */
	char draft[sizeof(".clinic-0123456789abcdef.part")];
};

/* After an error there is nothing to close. */
int clinic_output_place_open(struct clinic_output_place *place,
			     const char *path, int *fd);
/*
 * To be called when fd is closed. If `error`, the result of writing, is not 0,
 * the draft is removed.
 */
int clinic_output_place_close(struct clinic_output_place *place, int error);

#endif
