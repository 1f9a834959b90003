/*
 * unwind/remapped_text.h - recognises code of a file that a program has moved
 * onto other memory.
 *
 * Some programs copy their code to huge pages, and map these where the code
 * was: memory without a file, but with the code of the file. It is inside the
 * image of the file: the first page of the file is still mapped before it, and
 * its addresses are those of code in the file.
 *
 *	| first page of the file | memory without a file | more of the file |
 *	                           code of the file
 *
 * Private to this room.
 *
 * Errors     none: memory that is not recognised stays memory.
 * Read next  unwind/address_space.h.
 */
#ifndef CLINIC_UNWIND_REMAPPED_TEXT_H
#define CLINIC_UNWIND_REMAPPED_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "unwind/mapped_list.h"
#include "unwind/maps_lines.h"

/* The image to which consecutive lines of maps belong. */
struct clinic_text_image {
	/* its path is NULL: there is none */
	struct clinic_listed_mapping first;
	uint64_t end; /* end of the last line */
	char path[4096];
};

/* Adds another line of maps, which is the mapping of a file. */
void clinic_text_image_follow(struct clinic_text_image *image,
			      const struct clinic_listed_mapping *line);

/*
 * If `text` is code of the module whose file's first byte is mapped at `start`,
 * sets the module and the offset in its file, and returns true.
 */
bool clinic_text_place(struct clinic_module *module, uint64_t start,
		       struct clinic_mapped *text);

/*
 * Likewise for a mapping that an event has reported and that covers `old`.
 * Checks whether the process still has the image mapped.
 */
bool clinic_text_replaces(pid_t pid, const struct clinic_mapped *old,
			  struct clinic_mapped *text);

#endif
