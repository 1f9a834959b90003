/*
 * Allocates while libraries are loaded and closed. One thread loads and closes
 * a plugin whose constructor allocates; one lists the loaded libraries by
 * dl_iterate_phdr, with a callback that allocates while the loader's lock is
 * held; and two allocate at 50 depths of the stack in turn. Each thread does so
 * 200 times.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>

#define ROUNDS 200

static const char *plugin_path;

static void use(size_t bytes)
{
	void *volatile block = malloc(bytes);

	free(block);
}

static int under_the_lock(struct dl_phdr_info *image, size_t size,
			  void *context)
{
	(void)image;
	(void)size;
	(void)context;
	use(16);
	return 1;
}

static void *list(void *unused)
{
	for (int i = 0; i < ROUNDS; i++)
		dl_iterate_phdr(under_the_lock, NULL);
	return unused;
}

static void *load(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		void *plugin = dlopen(plugin_path, RTLD_NOW);

		if (!plugin)
			exit(1);
		dlclose(plugin);
	}
	return unused;
}

__attribute__((noinline)) static void deeper(volatile int depth)
{
	if (depth > 0)
		deeper(depth - 1);
	else
		use(32);
	depth = 0;
}

static void *descend(void *unused)
{
	for (int i = 0; i < ROUNDS; i++)
		deeper(i % 50);
	return unused;
}

int main(int argc, char **argv)
{
	void *(*const work[])(void *) = {load, list, descend, descend};
	pthread_t threads[4];

	if (argc < 2)
		return 1;
	plugin_path = argv[1];
	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, work[i], NULL))
			return 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
