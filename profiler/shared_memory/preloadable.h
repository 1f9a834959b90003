/*
 * shared_memory/preloadable.h - whether a program can be started with our
 * library in LD_PRELOAD, and still be what it is.
 *
 * Some end at once with it: programs of another C library than glibc, and
 * those with a sanitizer, whose runtime has to be the first library of all.
 * The collector looks before it starts a program, and the library before the
 * program becomes another one.
 *
 * Errors     a file that cannot be read is taken for a fit one: whoever runs
 *            it says what is wrong.
 * Memory     none is allocated, and 3 KiB of stack are enough: this runs in
 *            children of vfork.
 */
#ifndef CLINIC_SHARED_MEMORY_PRELOADABLE_H
#define CLINIC_SHARED_MEMORY_PRELOADABLE_H

#include <limits.h>
#include <stdbool.h>

/*
 * Why not, as a clause ("it is linked with musl, ..."), or NULL. Of a script
 * its interpreter is judged.
 */
const char *clinic_unfit_for_preload(const char *path);

/* The same, of what LD_PRELOAD names already (NULL: nothing). */
const char *clinic_unfit_beside(const char *preloads);

/* Why it runs well, but without the library, whatever LD_PRELOAD says; or
 * NULL. Of a script its interpreter is judged. */
const char *clinic_ignores_preload(const char *path);

/* As execvp looks: the first in PATH that may be executed. */
bool clinic_find_program(const char *name, char path[PATH_MAX]);

#endif
