/* The calls of the program that change which code is loaded, or list it. */
#include "preload/cancellation.h"
#include "preload/stack/stack_tables.h"
#include "preload/timer/timer_sampler.h"
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

static int (*real_dlclose)(void *);

/*
 * Before any fork: dlsym takes the loader's lock, which a child may find
 * held for good. Constructors that run before ours may call us before.
 */
__attribute__((constructor)) static void find_all(void)
{
	if (!real_dlclose)
		*(void **)(void *)&real_dlclose = dlsym(RTLD_NEXT, "dlclose");
}

/*
 * Addresses that were sampled in a plugin are looked up after the plugin was
 * unloaded.
 */
EXPORT int dlclose(void *handle)
{
	int before = cancellation_pause();
	int result;

	find_all();
	timer_sampler_maps_change();
	cancellation_resume(before);
	result = real_dlclose(handle);
	stack_tables_note_unload();
	return result;
}
