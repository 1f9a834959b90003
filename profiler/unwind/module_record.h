/*
 * unwind/module_record.h - the fields of a module. Private to this room.
 *
 * Read next  unwind/module.h, which other code uses.
 */
#ifndef CLINIC_UNWIND_MODULE_RECORD_H
#define CLINIC_UNWIND_MODULE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "unwind/mapping.h"
#include "unwind/target_root.h"

struct clinic_elf_layout;
struct clinic_module;
struct clinic_modules;
struct clinic_space;
struct clinic_unwind_table;

struct clinic_module {
	size_t index;
	char *path;
	int fd;      /* -1: none */
	int root_fd; /* root folder of the path; -1: ours */
	/*
	 * What identifies it; inode 0 and build_id_size 0: only its path does.
	 */
	uint32_t device_major, device_minor;
	uint64_t inode, inode_generation;
	uint8_t build_id_size;
	uint8_t build_id[CLINIC_MAPPING_BUILD_ID_MAX];
	bool is_32_bit;              /* an ELF file without unwinding */
	bool is_memory;              /* code that is in no ELF file, */
	struct clinic_mapper mapper; /* but in the memory of that process */
	int dump_fd; /* jitdump that the process has mapped; -1: none */
	/* It was read in our own memory, and not in a file; a bias may be 0. */
	bool is_image;
	uintptr_t image_bias;
	int (*find_frames)(int fd, const char *path, int root_fd,
			   uint8_t **bytes, size_t *size);
	bool is_compiled;
	int error; /* why there is no table */
	struct clinic_unwind_table *table;
};

struct clinic_modules {
	struct clinic_module **list; /* by index */
	size_t count;
	size_t capacity;
	struct clinic_roots roots;
	int (*find_frames)(int fd, const char *path, int root_fd,
			   uint8_t **bytes, size_t *size); /* NULL: none */
	bool follows_spaces;
	struct clinic_space *spaces; /* list of those that are followed */
};

void clinic_module_free(struct clinic_module *module);

#define CLINIC_MODULE_MAPPED 2
/*
 * Sets marks[index] to CLINIC_MODULE_MAPPED for each module that a space has
 * mapped.
 */
void clinic_spaces_mark(const struct clinic_modules *modules, uint32_t *marks);

/* Finds the module of a mapping, or makes a new one. */
int clinic_modules_of_mapping(struct clinic_modules *modules, pid_t pid,
			      const struct clinic_mapping *mapping,
			      struct clinic_module **module);

/* Likewise for an image in our own memory; its table is compiled at once. */
int clinic_modules_of_image(struct clinic_modules *modules, const char *path,
			    uintptr_t bias, const void *headers,
			    size_t headers_count,
			    struct clinic_module **module);

/* Can its code be read? Generated code is in no file. */
bool clinic_module_has_code(const struct clinic_module *module);

/*
 * Reads up to `size` bytes of code at an ELF address, which has this offset in
 * the file. Allocates nothing. Returns how many bytes were read.
 */
size_t clinic_module_read_code(const struct clinic_module *module,
			       uint64_t address, uint64_t file_offset,
			       uint8_t *code, size_t size);

#endif
