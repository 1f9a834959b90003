/*
 * sources/file_owner.h - our number for the process that has mapped a file.
 *
 * A program writes its number in its own pid namespace into the memory that it
 * shares with us. In our namespace another process has that number, often a
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
 * inner: the number in the process's own namespace. It is returned unchanged
 * where it is valid in ours, too, or no other process is found; and with
 * CLINIC_PID_ELSEWHERE where a process in our namespace has that number but
 * cannot be the one.
 */
uint32_t clinic_file_owner(uint32_t inner, const struct stat *file);

struct clinic_owned_file {
	uint32_t inner; /* its maker's number in its own namespace */
	struct stat status;
};

/*
 * Does a process that made one of the files still run and have it mapped? A
 * process that is older than the folder of these files made none of them.
 */
bool clinic_files_are_used(const struct clinic_owned_file *files, size_t count,
			   uint64_t folder_age_s);

/* Does any process have that number in its own namespace? */
bool clinic_number_is_used(uint32_t inner);

/* The number of a thread whose number in our namespace is not known. */
static inline uint32_t clinic_owned_thread(uint32_t owner, uint32_t inner,
					   uint32_t thread)
{
	if (thread == inner)
		return owner;
	return owner == inner ? thread : thread | CLINIC_PID_ELSEWHERE;
}

#endif
