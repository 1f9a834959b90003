/*
 * unwind/maps_lines.h - what a process has mapped now, line by line.
 *
 * Of a process whose first thread has ended, /proc/PID/maps is empty: then
 * another thread's is read.
 *
 * Errors     0 or -errno: -ENOENT, -ESRCH: no such process; what on_line
 *            returned, which ends the reading.
 * Read next  unwind/mapping.h.
 */
#ifndef CLINIC_UNWIND_MAPS_LINES_H
#define CLINIC_UNWIND_MAPS_LINES_H

#include <stdbool.h>
#include <sys/types.h>

#include "unwind/mapping.h"

struct clinic_listed_mapping {
	struct clinic_mapping mapping; /* path "//anon" where it has none */
	bool is_executable;
};

/* The path of the line lives until this function returns. */
typedef int clinic_on_maps_line(void *context,
				const struct clinic_listed_mapping *line);

int clinic_maps_lines_read(pid_t pid, clinic_on_maps_line *on_line,
			   void *context);

#endif
