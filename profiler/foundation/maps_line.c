/* Parses a line of /proc/PID/maps, field by field. */
#include "foundation/maps_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * Reads a number and the byte that must follow it, and moves *at behind both.
 */
static bool read_number(const char **at, int base, char follower,
			uint64_t *number)
{
	char *end;

	/*
	 * sscanf() is not used, because it first searches for the end of all
	 * lines.
	 */
	if (!isxdigit((unsigned char)**at))
		return false;
	*number = strtoull(*at, &end, base);
	if (*end != follower)
		return false;
	*at = end + 1;
	return true;
}

/* "r-xp " */
static bool read_permissions(const char **at, bool *is_executable)
{
	if (strcspn(*at, " \n") != 4 || (*at)[4] != ' ')
		return false;
	*is_executable = (*at)[2] == 'x';
	*at += 5;
	return true;
}

bool clinic_maps_line_read(const char *text, struct clinic_maps_line *line)
{
	uint64_t major, minor;
	const char *at = text;
	char *end;

	*line = (struct clinic_maps_line){0};
	if (!read_number(&at, 16, '-', &line->start) ||
	    !read_number(&at, 16, ' ', &line->end) || line->end < line->start ||
	    !read_permissions(&at, &line->is_executable) ||
	    !read_number(&at, 16, ' ', &line->file_offset) ||
	    !read_number(&at, 16, ':', &major) ||
	    !read_number(&at, 16, ' ', &minor) || !isdigit((unsigned char)*at))
		return false;
	line->device_major = (uint32_t)major;
	line->device_minor = (uint32_t)minor;
	line->inode = strtoull(at, &end, 10);
	line->path = end + strspn(end, " ");
	line->path_bytes = strcspn(line->path, "\n");
	return true;
}

#define NEWLINE "\\012"

bool clinic_maps_path_decode(const char *path, char *decoded, size_t room)
{
	const size_t width = strlen(NEWLINE);
	bool has_newline = false;
	size_t used = 0;

	while (*path && used + 1 < room) {
		bool is_newline = !strncmp(path, NEWLINE, width);

		decoded[used++] = is_newline ? '\n' : *path;
		path += is_newline ? width : 1;
		has_newline |= is_newline;
	}
	if (room)
		decoded[used] = '\0';
	return has_newline && !*path;
}
