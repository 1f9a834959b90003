/*
 * budget_under_loader PLUGIN: one thread loads the plugin, whose constructor
 * waits until the program ends, while the loader's lock is held. Then the first
 * thread exceeds a budget, which ends the program.
 *
 * Compiled twice: as the program, and as that plugin.
 */
#include <clinic/assert_alloc.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define LOADING 40 /* the descriptor of a pipe, known to both */

#ifdef UNDER_LOADER
__attribute__((constructor)) static void wait_for_end(void)
{
	if (write(LOADING, "", 1) == 1)
		for (;;)
			pause();
}
#else
static void *load(void *path)
{
	return dlopen(path, RTLD_NOW);
}

int main(int argc, char **argv)
{
	int loading[2];
	void *volatile block;
	pthread_t thread;
	char byte;

	if (argc < 2 || pipe(loading) || dup2(loading[1], LOADING) != LOADING)
		return 1;
	clinic_assert_no_alloc("hot");
	if (pthread_create(&thread, NULL, load, argv[1]) ||
	    read(loading[0], &byte, 1) != 1)
		return 1;
	clinic_stage_begin("hot");
	block = malloc(24);
	free(block);
	clinic_stage_end("hot");
	return 0;
}
#endif
