/*
 * Compiled twice: as plugin_host.so, whose one function uses CPU time, and as a
 * program that loads it, calls that function, closes it, and then uses as much
 * CPU time itself.
 */
#include <dlfcn.h>
#include <stdio.h>

#include "known_work.h"

#ifdef PLUGIN
void plugin_burn(uint64_t duration_ns);
void plugin_burn(uint64_t duration_ns)
{
	burn_ns(duration_ns);
	__asm__ volatile("");
}
#else
static void (*function_of(void *plugin))(uint64_t)
{
	void (*function)(uint64_t);

	*(void **)&function = dlsym(plugin, "plugin_burn");
	return function;
}

int main(int argc, char **argv)
{
	uint64_t duration_ns = argument(argc, argv, 2, 100) * 1000000;
	void *plugin = dlopen(argv[1], RTLD_NOW);

	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	function_of(plugin)(duration_ns);
	dlclose(plugin);
	burn_ns(duration_ns);
	return 0;
}
#endif
