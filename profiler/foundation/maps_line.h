/*
 * foundation/maps_line.h - one line of /proc/PID/maps.
 *
 *	55d0c000-55d0e000 r-xp 00002000 fe:00 1234       /usr/bin/x
 *
 * Format: proc(5). The line may end with a newline or with a NUL.
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
	const char *path;  /* in the line */
	size_t path_bytes; /* 0: anonymous memory; a newline is not part of it
			    */
};

/* false: that is no such line. */
bool clinic_maps_line_read(const char *text, struct clinic_maps_line *line);

/*
 * The path with newlines for "\012", as the kernel writes one. A backslash is
 * written as it is, so a path may hold these four bytes itself: try it as it
 * stands first. false: it holds none, or there is no room.
 */
bool clinic_maps_path_decode(const char *path, char *decoded, size_t room);

#endif
