/*
 * collect/observable.h - whether a preloaded library can reach a program.
 *
 * Looked at before the run, because afterwards there would only be nothing:
 * the loader says no word about a library that it does not load.
 *
 * Read next  collect/arena_findings.h.
 */
#ifndef CLINIC_COLLECT_OBSERVABLE_H
#define CLINIC_COLLECT_OBSERVABLE_H

/*
 * Why not, as a clause ("it is statically linked: ..."), or NULL. program is
 * looked up as execvp does; of a script its interpreter is judged.
 */
const char *clinic_unobservable(const char *program);

/* Of these, why it must not be tried: the program would end at once. */
const char *clinic_unfit(const char *program);

#endif
