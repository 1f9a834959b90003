/*
 * lock_own_malloc PLUGIN: brings its own malloc, with a mutex that is not
 * recursive. The plugin (plugin_first of alloc_same_place.c) allocates when its
 * code runs for the first time, and another thread waits for the mutex when it
 * is unlocked. So the hook of the unlock walks through the plugin's code, for
 * which it must make a table. If it allocated by this malloc, it would wait for
 * itself. Prints "done".
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "own_malloc.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_to_wait, may_come;

/* In a mutex for which a thread sleeps, the C library sets the lock to 2. */
static void wait_for_waiter(void)
{
	atomic_store(&may_come, true);
	while (*(volatile int *)&mutex.__data.__lock != 2)
		sched_yield();
	atomic_store(&is_to_wait, false);
}

void *malloc(size_t bytes)
{
	void *block;

	pthread_mutex_lock(&mutex);
	block = take_block(bytes);
	if (atomic_load(&is_to_wait))
		wait_for_waiter();
	pthread_mutex_unlock(&mutex);
	return block;
}

static void *wait_in_malloc(void *unused)
{
	void *volatile block;

	while (!atomic_load(&may_come))
		sched_yield();
	block = malloc(10);
	free(block);
	return unused;
}

int main(int argc, char **argv)
{
	void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	void (*run)(int);
	pthread_t thread;

	*(void **)&run = plugin ? dlsym(plugin, "plugin_first") : NULL;
	if (!run || pthread_create(&thread, NULL, wait_in_malloc, NULL))
		return 1;
	atomic_store(&is_to_wait, true);
	run(1);
	pthread_join(thread, NULL);
	return write(STDOUT_FILENO, "done\n", 5) == 5 ? 0 : 1;
}
