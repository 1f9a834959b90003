/*
 * shared_memory/preloadable.h - whether a program still works with our library
 * in LD_PRELOAD.
 *
 * Some programs end at once with it: those of another C library than glibc, and
 * those with a sanitizer, whose runtime must be loaded first. The collector
 * asks before it starts a program, and the library asks before the process
 * becomes another program.
 *
 * Ownership  texts are literals.
 * Errors     a file that cannot be read counts as suitable: whoever runs it
 *            reports the error.
 * Memory     nothing is allocated, and 3 KiB of stack are enough, because this
 *            also runs in children of vfork.
 */
#ifndef CLINIC_SHARED_MEMORY_PRELOADABLE_H
#define CLINIC_SHARED_MEMORY_PRELOADABLE_H

#include <limits.h>
#include <stdbool.h>

/*
 * Why the program would end with the library, as a clause ("it is linked with
 * musl, ..."), or NULL. For a script, its interpreter is examined.
 */
const char *clinic_unfit_for_preload(const char *path);

/* Likewise for the libraries that LD_PRELOAD already names (NULL: none). */
const char *clinic_unfit_beside(const char *preloads);

/*
 * Why the program runs, but without the library, whatever LD_PRELOAD contains;
 * or NULL. For a script, its interpreter is examined.
 */
const char *clinic_ignores_preload(const char *path);

/* Finds a program as execvp() does: the first in PATH that may be executed. */
bool clinic_find_program(const char *name, char path[PATH_MAX]);

#endif
