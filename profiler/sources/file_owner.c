/* Asks /proc which process has a shared file mapped. */
#include "sources/file_owner.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static FILE *open_of(uint32_t pid, const char *name)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/%s", pid, name);
	return fopen(path, "re");
}

enum sight { UNREADABLE, EMPTY, NOT_THERE, THERE };

/* Lines of maps: "START-END PERMISSIONS OFFSET DEVICE INODE PATH". */
static enum sight look_into_maps(uint32_t pid, const struct stat *file)
{
	FILE *maps = open_of(pid, "maps");
	enum sight sight = maps ? EMPTY : UNREADABLE;
	char *line = NULL;
	size_t room = 0;

	while (maps && sight != THERE && getline(&line, &room, maps) > 0) {
		uint64_t inode;
		bool is_it = sscanf(line, "%*s %*s %*s %*s %" SCNu64, &inode) ==
				     1 &&
			     inode == (uint64_t)file->st_ino;

		sight = is_it ? THERE : NOT_THERE;
	}
	free(line);
	if (maps)
		fclose(maps);
	return sight;
}

static bool has_mapped(uint32_t pid, const struct stat *file)
{
	return look_into_maps(pid, file) == THERE;
}

/* The last number in a line of status, say of "PPid:"; 0: not known. */
static uint32_t status_number(uint32_t pid, const char *name)
{
	FILE *status = open_of(pid, "status");
	char line[256];
	uint32_t number = 0;

	while (status && !number && fgets(line, sizeof(line), status)) {
		char *last = strrchr(line, '\t');

		if (last && !strncmp(line, name, strlen(name)))
			number = (uint32_t)strtoul(last + 1, NULL, 10);
	}
	if (status)
		fclose(status);
	return number;
}

/* "NSpid:  4711  12": ours, then down to what the process itself sees. */
static bool calls_itself(uint32_t pid, uint32_t inner)
{
	return inner && status_number(pid, "NSpid:") == inner;
}

static bool descends_from_us(uint32_t pid)
{
	uint32_t us = (uint32_t)getpid();

	while (pid > 1 && pid != us)
		pid = status_number(pid, "PPid:");
	return pid == us;
}

/*
 * When the process started, in ticks since the machine did; 0: not known. This
 * is field 22 of proc(5).
 */
static uint64_t start_of(uint32_t pid)
{
	FILE *stat = open_of(pid, "stat");
	char text[512] = "";
	uint64_t start = 0;
	const char *close;

	if (!stat)
		return 0;
	(void)!fread(text, 1, sizeof(text) - 1, stat);
	fclose(stat);
	close = strrchr(text, ')');
	if (!close || sscanf(close,
			     ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			     "%*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64,
			     &start) != 1)
		return 0;
	return start;
}

/*
 * Processes that the recorder started are younger than the recorder; services
 * of the host are older.
 */
static bool may_be_ours(uint32_t pid)
{
	return start_of(pid) >= start_of((uint32_t)getpid());
}

/*
 * Returns 0 if there is none. A process that became another program does not
 * have the file mapped any more: then it is the one with that number that
 * descends from us.
 */
static uint32_t search(uint32_t inner, const struct stat *file)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	uint32_t found = 0, likely = 0;

	while (folder && !found && (entry = readdir(folder))) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (!isdigit((unsigned char)*entry->d_name) || pid == inner ||
		    !calls_itself(pid, inner))
			continue;
		if (has_mapped(pid, file))
			found = pid;
		else if (descends_from_us(pid))
			likely = pid;
	}
	if (folder)
		closedir(folder);
	return found ? found : likely;
}

uint32_t clinic_file_owner(uint32_t inner, const struct stat *file)
{
	char path[32];
	uint32_t other;

	snprintf(path, sizeof(path), "/proc/%" PRIu32, inner);
	/*
	 * The process has ended, or has the file mapped, or is just becoming
	 * another program of ours.
	 */
	if (!inner || access(path, F_OK) || has_mapped(inner, file) ||
	    descends_from_us(inner))
		return inner;
	other = search(inner, file);
	if (other)
		return other;
	/* A daemon that becomes another program does not descend from us. */
	return may_be_ours(inner) ? inner : inner | CLINIC_PID_ELSEWHERE;
}

/*
 * The kernel shows no maps of a process whose first thread has ended, and shows
 * those of an undumpable process only to root. A process of another user is not
 * ours, because our files are closed to it.
 */
static bool may_have_mapped(uint32_t pid, const struct stat *file)
{
	switch (look_into_maps(pid, file)) {
	case THERE:
		return true;
	case EMPTY:
		return status_number(pid, "Threads:") > 1;
	case UNREADABLE:
		return status_number(pid, "Uid:") == geteuid();
	default:
		return false;
	}
}

/* The age, rounded down to seconds. */
static uint64_t age_s(uint32_t pid)
{
	uint64_t start = start_of(pid), ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return start ? (uint64_t)now.tv_sec - start / ticks : 0;
}

static bool uses_one_of(uint32_t pid, const struct clinic_owned_file *files,
			size_t count, uint64_t folder_age_s)
{
	/* Clocks are read one after the other, and cut to seconds. */
	bool is_older = age_s(pid) > folder_age_s &&
			age_s(pid) - folder_age_s > 2;
	uint32_t inner = is_older ? 0 : status_number(pid, "NSpid:");

	for (size_t i = 0; inner && i < count; i++)
		if (files[i].inner == inner &&
		    may_have_mapped(pid, &files[i].status))
			return true;
	return false;
}

bool clinic_files_are_used(const struct clinic_owned_file *files, size_t count,
			   uint64_t folder_age_s)
{
	DIR *folder = count ? opendir("/proc") : NULL;
	struct dirent *entry;
	bool is_used = count && !folder; /* not known, so assume it */

	while (folder && !is_used && (entry = readdir(folder)))
		is_used =
			isdigit((unsigned char)*entry->d_name) &&
			uses_one_of((uint32_t)strtoul(entry->d_name, NULL, 10),
				    files, count, folder_age_s);
	if (folder)
		closedir(folder);
	return is_used;
}

bool clinic_number_is_used(uint32_t inner)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	bool is_used = !folder; /* not known, so assume it */

	while (folder && !is_used && (entry = readdir(folder)))
		is_used =
			isdigit((unsigned char)*entry->d_name) &&
			calls_itself((uint32_t)strtoul(entry->d_name, NULL, 10),
				     inner);
	if (folder)
		closedir(folder);
	return is_used;
}
