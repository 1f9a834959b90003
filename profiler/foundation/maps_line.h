/*
 * foundation/maps_line.h - reads one line of /proc/PID/maps.
 *
 *	55d0c000-55d0e000 r-xp 00002000 fe:00 1234       /usr/bin/x
 *
 * The line may end with a newline or with a NUL.
 *
 * Format     proc(5).
 * Ownership  the path points into the line.
 */
#ifndef CLINIC_FOUNDATION_MAPS_LINE_H
#define CLINIC_FOUNDATION_MAPS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clinic_maps_line {
	uint64_t start, end;
	uint64_t file_offset;
	uint32_t device_major, device_minor;
	uint64_t inode;
	bool is_executable;
	const char *path;  /* points into the line */
	size_t path_bytes; /* without the newline; 0: anonymous */
};

/* Returns false if the text is no such line. */
bool clinic_maps_line_read(const char *text, struct clinic_maps_line *line);

/*
 * Decodes a path: the kernel writes a newline as "\012". It writes a backslash
 * as it is, so a path may itself contain these four bytes: try the undecoded
 * path first. Returns false if the path has no "\012", or does not fit.
 */
bool clinic_maps_path_decode(const char *path, char *decoded, size_t room);

#endif
