/*
 * lock_own_malloc PLUGIN: brings its own malloc, with a mutex that is not
 * recursive. The plugin (plugin_first of alloc_same_place.c) allocates, its
 * code runs for the first time, and another thread waits for the mutex as it
 * is unlocked: the hook, which then asks where the plugin's callers are, must
 * not allocate. Prints "done".
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static _Alignas(16) char heap[4 << 20];
static size_t used;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_to_wait, may_come;

/* The C library marks a mutex so for which a thread is about to sleep. */
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
	block = heap + used;
	used += (bytes + 15) / 16 * 16;
	if (atomic_load(&is_to_wait))
		wait_for_waiter();
	pthread_mutex_unlock(&mutex);
	return used <= sizeof(heap) ? block : NULL;
}

void free(void *block)
{
	(void)block;
}

void *calloc(size_t count, size_t bytes)
{
	return malloc(count * bytes); /* never reused: zero */
}

void *realloc(void *block, size_t bytes)
{
	void *copy = malloc(bytes);

	return copy && block ? memmove(copy, block, bytes) : copy;
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
