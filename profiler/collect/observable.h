/*
 * collect/observable.h - whether a preloaded library can reach a program.
 *
 * This is checked before the run, because the loader does not report a library
 * that it ignores: afterwards there would only be no data.
 *
 * Ownership  texts are literals.
 * Read next  collect/arena_findings.h.
 */
#ifndef CLINIC_COLLECT_OBSERVABLE_H
#define CLINIC_COLLECT_OBSERVABLE_H

/*
 * Returns why not, as a clause ("it is statically linked: ..."), or NULL. The
 * program is searched like execvp does; a script's interpreter is checked.
 */
const char *clinic_unobservable(const char *program);

/* Returns a reason only if the program would end at once with the library. */
const char *clinic_unfit(const char *program);

#endif
