/*
 * unwind/remapped_text.h - code that a program moved onto other memory.
 *
 * Programs copy their code to huge pages and map these where it was: memory
 * without a file, with the file's code. It lies in the image of the file: the
 * file's first page is still mapped before it, and its address is one of the
 * file's code.
 *
 * Errors     none: what is not known counts as memory.
 * Private to this room. Read next: unwind/address_space.h.
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
	struct clinic_listed_mapping first; /* its path is NULL: none */
	uint64_t end;                       /* of the last of them */
	char path[4096];
};

/* Notes another line of maps, whose mapping is of a file. */
void clinic_text_image_follow(struct clinic_text_image *image,
			      const struct clinic_listed_mapping *line);

/*
 * If `text` is code of that module, whose first byte is mapped at `start`,
 * sets its module and its offset in the file.
 */
bool clinic_text_place(struct clinic_module *module, uint64_t start,
		       struct clinic_mapped *text);

/*
 * The same for a mapping that an event reported and that covers `old`: looks
 * whether the process still has the image mapped.
 */
bool clinic_text_replaces(pid_t pid, const struct clinic_mapped *old,
			  struct clinic_mapped *text);

#endif
