/*
 * Loads and closes two plugins of the same layout in turn, ten times, so that
 * the loader maps both at the same addresses. plugin_first allocates 3 blocks
 * each time, plugin_next_ 5. Prints how often the second plugin was at the
 * address of the first.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef PLUGIN
void PLUGIN(int count);

__attribute__((noinline)) void PLUGIN(int count)
{
	while (count--) {
		void *volatile block = malloc(48);

		free(block);
	}
}
#else
/* Both plugins are called from the same frame: only their code differs. */
__attribute__((noinline)) static void *run(const char *path, const char *name,
					   int count)
{
	void *plugin = dlopen(path, RTLD_NOW);
	void (*allocate)(int);

	*(void **)&allocate = plugin ? dlsym(plugin, name) : NULL;
	if (!allocate)
		exit(1);
	allocate(count);
	dlclose(plugin);
	return *(void **)&allocate;
}

int main(int argc, char **argv)
{
	int same_count = 0;

	if (argc < 3)
		return 1;
	for (int round = 0; round < 10; round++) {
		void *first = run(argv[1], "plugin_first", 3);

		same_count += run(argv[2], "plugin_next_", 5) == first;
	}
	printf("%d\n", same_count);
	return 0;
}
#endif
