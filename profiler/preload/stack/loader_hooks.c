/* Interposes dlclose, so that a closed library's code can still be named. */
#include "preload/cancellation.h"
#include "preload/stack/stack_tables.h"
#include "preload/timer/timer_sampler.h"
#include <dlfcn.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

static int (*real_dlclose)(void *);

/*
 * This runs before any fork, because dlsym takes the loader's lock, which stays
 * locked for ever in a child that is forked while another thread holds it. The
 * hook calls this too: constructors that run before ours may call the hook.
 */
__attribute__((constructor)) static void find_all(void)
{
	if (!real_dlclose)
		*(void **)(void *)&real_dlclose = dlsym(RTLD_NEXT, "dlclose");
}

/*
 * The sampler saves the mappings before the library is unloaded, because names
 * for sampled addresses are looked up later.
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
