/*
 * unwind/module.h - one binary, whichever processes map it.
 *
 * A module is found again by build-id, or by device and inode. Its file is
 * opened when it is first mapped, because a short-lived process is gone later.
 * Its table is compiled when an address is first looked up in it.
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
 * Finds unwind information that a file does not contain as plain bytes. The
 * caller frees *bytes. root_fd: the root folder below which the path is; -1:
 * ours.
 */
typedef int clinic_find_frames(int fd, const char *path, int root_fd,
			       uint8_t **bytes, size_t *size);

int clinic_modules_new(struct clinic_modules **modules);
/*
 * To be called before the first mapping. `find` is called for files of which
 * only a small part of the code has unwind information.
 */
void clinic_modules_find_frames(struct clinic_modules *modules,
				clinic_find_frames *find);
void clinic_modules_free(struct clinic_modules *modules); /* NULL: fine */

/*
 * Forgets all modules but those with kept[index] != 0, and those that a space
 * has mapped. On return, kept[index] is the new index of each plus 1; 0: it is
 * forgotten. A module that no space has mapped keeps its file, for its names;
 * its table is compiled again when it is mapped again.
 *
 * This must know all spaces: call clinic_modules_follow_spaces() before the
 * first one is made.
 */
void clinic_modules_forget(struct clinic_modules *modules, uint32_t *kept);
void clinic_modules_follow_spaces(struct clinic_modules *modules);

size_t clinic_modules_count(const struct clinic_modules *modules);
/*
 * The modules in the order in which they were first mapped; NULL after the
 * last.
 */
struct clinic_module *clinic_modules_at(const struct clinic_modules *modules,
					size_t index);

/* Is it memory of one process, with generated code, and not an ELF file? */
bool clinic_module_is_memory(const struct clinic_module *module);
const struct clinic_mapper *
clinic_module_mapper(const struct clinic_module *module);
/* Is it of a 32-bit program? There are no tables for these. */
bool clinic_module_is_32_bit(const struct clinic_module *module);
/*
 * The descriptor of a jitdump, in which a process names generated code; -1:
 * none.
 */
int clinic_module_dump_fd(const struct clinic_module *module);

const char *clinic_module_path(const struct clinic_module *module);
/*
 * The file, which is open for reading as long as its clinic_modules; -1: none.
 */
int clinic_module_fd(const struct clinic_module *module);
/*
 * The root folder below which its path is: that of the process that mapped it
 * first. It stays open as long as its clinic_modules; -1: ours.
 */
int clinic_module_root_fd(const struct clinic_module *module);
/*
 * Returns the size of the build-id; 0: unknown. It is read from the file if the
 * event did not contain it.
 */
uint8_t clinic_module_build_id(const struct clinic_module *module,
			       uint8_t bytes[CLINIC_MAPPING_BUILD_ID_MAX]);
/*
 * Its number among all modules, from 0, with which a caller may index an array.
 */
size_t clinic_module_index(const struct clinic_module *module);
/* Why it has no table: 0 or -errno. Compiles the table if necessary. */
int clinic_module_error(struct clinic_module *module);
/* NULL: it has none. Compiles the table if necessary. */
const struct clinic_unwind_table *
clinic_module_table(struct clinic_module *module);

#endif
