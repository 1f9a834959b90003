/*
 * preload/our_settings.h - reads what an environment says about this library.
 *
 * Ownership  texts point into the environment, or are literals.
 * Memory     none is allocated: these run in children of vfork.
 * Read next  shared_memory/settings.h; preload/departure.h
 */
#ifndef PRELOAD_OUR_SETTINGS_H
#define PRELOAD_OUR_SETTINGS_H

#include <alloca.h>
#include <stddef.h>

#define OUR_LIBRARY "libclinic-preload.so"

/* What LD_PRELOAD lists there; "": nothing. */
const char *our_preloads_in(char *const environment[]);

/*
 * The first setting that a program with that environment would lack, to be
 * observed as this process is; NULL: it has all.
 */
const char *our_setting_missing_in(char *const environment[]);

/* The file that would be loaded, into path; "": none. */
void our_library_in(char *const environment[], char *path, size_t bytes);

size_t our_count_texts(char *const texts[]);
/* `kept` has room for all settings, `others` for the one of LD_PRELOAD. */
char **our_leave_out(char *const environment[], char **kept, char *others);

/*
 * The same environment without the library. On the stack of the caller, as in
 * the C library: there may be no other memory in a child of vfork.
 */
#define WITHOUT_US(environment)                                                \
	our_leave_out(                                                         \
		environment,                                                   \
		alloca((our_count_texts(environment) + 2) * sizeof(char *)),   \
		alloca(sizeof("LD_PRELOAD=") +                                 \
		       strlen(our_preloads_in(environment))))

#endif
