/* Asks the loader which library's operator new the program gets. */
#include "preload/alloc/operator_new.h"
#include <dlfcn.h>
#include <stddef.h>

/*
 * The symbol of operator new(unsigned long). A library that defines one of
 * these operators defines all of them.
 */
#define OPERATOR_NEW "_Znwm"

static bool find_object(const void *function, Dl_info *object)
{
	return function && dladdr(function, object) && object->dli_fname;
}

/*
 * An object that defines both malloc and operator new is an allocator library.
 * Which object defines the malloc that comes next after ours is asked of the
 * loader, not of that object: to look a symbol up in a given object needs
 * dlopen, which runs constructors of other libraries too early.
 */
bool operator_new_bypasses_malloc(void)
{
	Dl_info provider, allocator;

	return find_object(dlsym(RTLD_DEFAULT, OPERATOR_NEW), &provider) &&
	       find_object(dlsym(RTLD_NEXT, "malloc"), &allocator) &&
	       provider.dli_fbase == allocator.dli_fbase;
}
