/* Reads /proc/PID/maps, or the maps of another thread if that is empty. */
#include "unwind/maps_lines.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_line(char *text, struct clinic_listed_mapping *listed)
{
	struct clinic_maps_line line;

	text[strcspn(text, "\n")] = '\0';
	if (!clinic_maps_line_read(text, &line))
		return false;
	listed->mapping = clinic_mapping_of_line(&line);
	listed->is_executable = line.is_executable;
	return true;
}

/* Adds the number of lines to *count. */
static int read_file(const char *path, clinic_on_maps_line *on_line,
		     void *context, size_t *count)
{
	struct clinic_listed_mapping line;
	size_t capacity = 0;
	char *text = NULL;
	int error = 0;
	FILE *maps = fopen(path, "re");

	if (!maps)
		return -errno;
	for (; !error && getline(&text, &capacity, maps) > 0; ++*count)
		if (parse_line(text, &line))
			error = on_line(context, &line);
	if (!error && ferror(maps))
		error = -errno;
	free(text);
	fclose(maps);
	return error;
}

/* Reads the maps of the first thread whose maps are not empty. */
static int read_threads(pid_t pid, clinic_on_maps_line *on_line, void *context)
{
	struct dirent *entry;
	size_t count = 0;
	char path[300];
	int error = 0;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	if (!threads)
		return -errno;
	while (!error && !count && (entry = readdir(threads))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/maps", (int)pid,
			 entry->d_name);
		error = read_file(path, on_line, context, &count);
		if (error == -ENOENT || error == -ESRCH)
			error = 0; /* the thread has just ended */
	}
	closedir(threads);
	return error;
}

int clinic_maps_lines_read(pid_t pid, clinic_on_maps_line *on_line,
			   void *context)
{
	size_t count = 0;
	char path[32];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	error = read_file(path, on_line, context, &count);
	return error || count ? error : read_threads(pid, on_line, context);
}
