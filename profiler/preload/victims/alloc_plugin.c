/*
 * Compiled twice: as a plugin, and as the program that loads it. The plugin's
 * constructor allocates 2 blocks and frees them, and its function allocates 2
 * blocks, which the program frees after it has closed the plugin.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void *alloc_plugin_kept[2];

#ifdef ALLOC_PLUGIN
__attribute__((constructor)) static void loaded(void)
{
	void *volatile first = malloc(64), *volatile second = malloc(64);

	free(first);
	free(second);
}

void alloc_plugin_run(void **kept)
{
	kept[0] = malloc(64);
	kept[1] = malloc(64);
}
#else
int main(int argc, char **argv)
{
	void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	void (*run)(void **);

	if (!plugin)
		return 1;
	*(void **)&run = dlsym(plugin, "alloc_plugin_run");
	if (!run)
		return 1;
	run(alloc_plugin_kept);
	dlclose(plugin);
	free(alloc_plugin_kept[0]);
	free(alloc_plugin_kept[1]);
	return 0;
}
#endif
