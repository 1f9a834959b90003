/*
 * sources/file_owner.h - our number for the process that has mapped a file.
 *
 * What a program writes into the memory that it shares with us is its number
 * in its own pid namespace. In ours another process has that number, often a
 * service of the host.
 *
 * Read next  timer_program.c and arena_file.c, which open such files;
 *            shared_folder.c, which removes them.
 */
#ifndef CLINIC_SOURCES_FILE_OWNER_H
#define CLINIC_SOURCES_FILE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Above all numbers that processes have: one that ended, of a namespace. */
#define CLINIC_PID_ELSEWHERE 0x400000u

/*
 * inner: how the process calls itself. As it is where that is ours, and where
 * no other process can be found; with CLINIC_PID_ELSEWHERE where a process of
 * ours has that number, and cannot be it.
 */
uint32_t clinic_file_owner(uint32_t inner, const struct stat *file);

struct clinic_owned_file {
	uint32_t inner; /* who made it, as it calls itself */
	struct stat status;
};

/*
 * Does one of those who made them still run, and have its file mapped? Who is
 * older than the folder that they are in is none of those.
 */
bool clinic_files_are_used(const struct clinic_owned_file *files, size_t count,
			   uint64_t folder_age_s);

/* Does any process call itself by that number, in whatever namespace? */
bool clinic_number_is_used(uint32_t inner);

/* A thread of that process, where it is not known what we would call it. */
static inline uint32_t clinic_owned_thread(uint32_t owner, uint32_t inner,
					   uint32_t thread)
{
	if (thread == inner)
		return owner;
	return owner == inner ? thread : thread | CLINIC_PID_ELSEWHERE;
}

#endif
