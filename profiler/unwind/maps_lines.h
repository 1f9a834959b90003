/*
 * unwind/maps_lines.h - reads the present mappings of a process, line by line.
 *
 * If the first thread of a process has ended, /proc/PID/maps is empty; then the
 * maps of another thread are read.
 *
 * Errors     0 or -errno. -ENOENT, -ESRCH: there is no such process. A result
 *            of on_line that is not 0 ends the reading, and is returned.
 * Read next  unwind/mapping.h.
 */
#ifndef CLINIC_UNWIND_MAPS_LINES_H
#define CLINIC_UNWIND_MAPS_LINES_H

#include <stdbool.h>
#include <sys/types.h>

#include "unwind/mapping.h"

struct clinic_listed_mapping {
	struct clinic_mapping mapping; /* path "//anon" if it has none */
	bool is_executable;
};

/* The path of the line is valid until this function returns. */
typedef int clinic_on_maps_line(void *context,
				const struct clinic_listed_mapping *line);

int clinic_maps_lines_read(pid_t pid, clinic_on_maps_line *on_line,
			   void *context);

#endif
