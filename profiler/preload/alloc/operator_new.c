/* Asks the loader whose operator new the program gets. */
#include "preload/alloc/operator_new.h"
#include <dlfcn.h>
#include <stddef.h>

/* operator new(unsigned long); whoever has one of them has them all. */
#define OPERATOR_NEW "_Znwm"

static bool find_object(const void *function, Dl_info *object)
{
	return function && dladdr(function, object) && object->dli_fname;
}

/* Without its handle being closed: what is there at the start stays. */
static const void *malloc_in(const Dl_info *object)
{
	void *handle = dlopen(object->dli_fname, RTLD_LAZY | RTLD_NOLOAD);

	return handle ? dlsym(handle, "malloc") : NULL;
}

/* An object of which both are is an allocator: nothing else needs a malloc. */
bool operator_new_bypasses_malloc(void)
{
	Dl_info provider, allocator;

	return find_object(dlsym(RTLD_DEFAULT, OPERATOR_NEW), &provider) &&
	       find_object(malloc_in(&provider), &allocator) &&
	       provider.dli_fbase == allocator.dli_fbase;
}
