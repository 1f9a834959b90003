/* Finds out whether the preload library can be loaded into a program. */
#include "collect/observable.h"

#include <limits.h>
#include <stdlib.h>

#include "shared_memory/preloadable.h"

const char *clinic_unfit(const char *program)
{
	const char *why = clinic_unfit_beside(getenv("LD_PRELOAD"));
	char path[PATH_MAX];

	if (why || !clinic_find_program(program, path))
		return why;
	return clinic_unfit_for_preload(path);
}

const char *clinic_unobservable(const char *program)
{
	const char *unfit = clinic_unfit(program);
	char path[PATH_MAX];

	if (unfit)
		return unfit;
	/* If the program cannot be run at all, other code reports it. */
	return clinic_find_program(program, path) ? clinic_ignores_preload(path)
						  : NULL;
}
