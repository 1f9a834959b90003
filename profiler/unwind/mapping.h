/*
 * unwind/mapping.h - an executable mapping: a part of a file, or of memory.
 *
 * Ownership  the path belongs to whoever made the struct.
 */
#ifndef CLINIC_UNWIND_MAPPING_H
#define CLINIC_UNWIND_MAPPING_H

#include <stdint.h>
#include <sys/types.h>

#include "foundation/maps_line.h"

#define CLINIC_MAPPING_BUILD_ID_MAX 20

/* One executable mapping, from a PERF_RECORD_MMAP2 or from a line of maps. */
struct clinic_mapping {
	uint64_t start;
	uint64_t size_bytes;
	uint64_t file_offset;
	/* Of the file; all zero if build_id is known instead. */
	uint32_t device_major, device_minor;
	uint64_t inode, inode_generation;
	uint8_t build_id_size; /* 0: not known */
	uint8_t build_id[CLINIC_MAPPING_BUILD_ID_MAX];
	/*
	 * The name that the kernel gives: "/usr/bin/sort", "[vdso]", "//anon".
	 */
	const char *path;
};

/* The process to which the memory of a module belongs. */
struct clinic_mapper {
	pid_t pid;
	pid_t inner_pid; /* its number in its own namespace */
	uid_t uid;
};

/* The path still points into the line, in which a NUL must follow it. */
static inline struct clinic_mapping
clinic_mapping_of_line(const struct clinic_maps_line *line)
{
	return (struct clinic_mapping){
		.start = line->start,
		.size_bytes = line->end - line->start,
		.file_offset = line->file_offset,
		.device_major = line->device_major,
		.device_minor = line->device_minor,
		.inode = line->inode,
		.path = line->path_bytes ? line->path : "//anon",
	};
}

#endif
