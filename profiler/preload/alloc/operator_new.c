/* Asks the loader whose operator new the program gets. */
#include "preload/alloc/operator_new.h"
#include <dlfcn.h>
#include <stddef.h>

/*
 * operator new(unsigned long); a library that defines one of these operators
 * defines them all.
 */
#define OPERATOR_NEW "_Znwm"

static bool find_object(const void *function, Dl_info *object)
{
	return function && dladdr(function, object) && object->dli_fname;
}

/*
 * An object of which both are is an allocator: nothing else needs a malloc.
 * The next one behind ours: to ask the object itself would need dlopen, which
 * in a constructor runs the constructors of others before their time.
 */
bool operator_new_bypasses_malloc(void)
{
	Dl_info provider, allocator;

	return find_object(dlsym(RTLD_DEFAULT, OPERATOR_NEW), &provider) &&
	       find_object(dlsym(RTLD_NEXT, "malloc"), &allocator) &&
	       provider.dli_fbase == allocator.dli_fbase;
}
