/*
 * unwind/module.h - one binary, whoever maps it.
 *
 * Found again by build-id, or by device and inode. Its file is opened when it
 * is first mapped, since a short-lived process is gone later, and its table is
 * compiled when an address first hits it.
 *
 * Ownership  modules live as long as their clinic_modules, or until
 *            clinic_modules_forget().
 * Errors     0 or -errno.
 * Threads    one at a time per clinic_modules.
 * Read next  unwind/address_space.h, which maps them.
 */
#ifndef CLINIC_UNWIND_MODULE_H
#define CLINIC_UNWIND_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/mapping.h"

struct clinic_module;
struct clinic_modules;
struct clinic_unwind_table;

/*
 * Finds unwind information that a file does not have as plain bytes: *bytes
 * will be freed. root_fd: of the folder below which path is; -1: ours.
 */
typedef int clinic_find_frames(int fd, const char *path, int root_fd,
			       uint8_t **bytes, size_t *size);

int clinic_modules_new(struct clinic_modules **modules);
/* Before the first mapping: asked for files whose code is barely covered. */
void clinic_modules_find_frames(struct clinic_modules *modules,
				clinic_find_frames *find);
void clinic_modules_free(struct clinic_modules *modules); /* NULL: fine */

/*
 * Forgets all modules but those with kept[index] != 0, and those that a space
 * has mapped. From then on kept[index] is the new index of each plus 1; 0: it
 * is forgotten. A module that no space has mapped keeps its file, for its
 * names; its table is compiled again when it is mapped again.
 *
 * This needs to know all spaces: clinic_modules_follow_spaces() comes before
 * the first of them.
 */
void clinic_modules_forget(struct clinic_modules *modules, uint32_t *kept);
void clinic_modules_follow_spaces(struct clinic_modules *modules);

size_t clinic_modules_count(const struct clinic_modules *modules);
/* The modules, in order of appearance; NULL after the last. */
struct clinic_module *clinic_modules_at(const struct clinic_modules *modules,
					size_t index);

/* Whether it is memory of one process, not an ELF file: generated code. */
bool clinic_module_is_memory(const struct clinic_module *module);
const struct clinic_mapper *
clinic_module_mapper(const struct clinic_module *module);
/* Whether it is a 32-bit program's, for which there are no tables. */
bool clinic_module_is_32_bit(const struct clinic_module *module);
/* Of a jitdump, a file in which its process names such code; -1: none. */
int clinic_module_dump_fd(const struct clinic_module *module);

const char *clinic_module_path(const struct clinic_module *module);
/* The file, open for reading as long as its clinic_modules; -1: none. */
int clinic_module_fd(const struct clinic_module *module);
/*
 * The root folder below which its path is, of the process that mapped it
 * first, open as long; -1: ours.
 */
int clinic_module_root_fd(const struct clinic_module *module);
/* Its size; 0: none known. Read from the file when the event had none. */
uint8_t clinic_module_build_id(const struct clinic_module *module,
			       uint8_t bytes[CLINIC_MAPPING_BUILD_ID_MAX]);
/* Its number among all modules, from 0: to index the caller's own array. */
size_t clinic_module_index(const struct clinic_module *module);
/* Why it has no table: 0 or -errno (compiles it if that was not done). */
int clinic_module_error(struct clinic_module *module);
/* NULL when it has none (compiles it if that was not done). */
const struct clinic_unwind_table *
clinic_module_table(struct clinic_module *module);

#endif
