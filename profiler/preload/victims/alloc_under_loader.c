/*
 * alloc_under_loader [loaded|closed PLUGIN]: one thread is in a callback of
 * dl_iterate_phdr, which holds the loader's lock, and waits there until the
 * first thread has allocated. If the hook waited for the loader's lock, both
 * would wait for ever. Prints "done".
 *
 * The call stack of that allocation has a frame without an unwind table.
 * Without arguments, it is code that belongs to no library, as a just-in-time
 * compiler makes it. With "loaded", it is code of the plugin (plugin_first of
 * alloc_same_place.c) that has not run before. With "closed", the plugin has
 * been loaded and closed before.
 *
 * The threads wait for each other by atomic variables, because a hook of
 * another kind of wait might look at the new library first.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_bool may_begin, is_in_callback, has_allocated;
static void *volatile kept;

static void allocate(void)
{
	kept = malloc(100);
	free(kept);
}

#if defined(__x86_64__)
/* sub $8,%rsp; call *%rdi; add $8,%rsp; ret */
static const unsigned char code[] = {0x48, 0x83, 0xec, 0x08, 0xff, 0xd7,
				     0x48, 0x83, 0xc4, 0x08, 0xc3};

static void call_through_unknown_code(void (*function)(void))
{
	void *made = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*call)(void (*)(void));

	if (made == MAP_FAILED)
		_exit(2);
	memcpy(made, code, sizeof(code));
	memcpy(&call, &made, sizeof(call));
	call(function);
}
#else
static void call_through_unknown_code(void (*function)(void))
{
	function();
}
#endif

static void wait_for(atomic_bool *event)
{
	while (!atomic_load(event))
		sched_yield();
}

static int wait_in_callback(struct dl_phdr_info *image, size_t size,
			    void *unused)
{
	(void)image;
	(void)size;
	(void)unused;
	atomic_store(&is_in_callback, true);
	wait_for(&has_allocated);
	return 1;
}

static void *iterate(void *unused)
{
	wait_for(&may_begin);
	dl_iterate_phdr(wait_in_callback, NULL);
	return unused;
}

/* Loads the plugin. NULL: it has been closed again. */
static void (*load(const char *path, int is_kept))(int)
{
	void *plugin = dlopen(path, RTLD_NOW);
	void (*run)(int);

	*(void **)&run = plugin ? dlsym(plugin, "plugin_first") : NULL;
	if (!run)
		_exit(3);
	if (is_kept)
		return run;
	dlclose(plugin);
	return NULL;
}

int main(int argc, char **argv)
{
	void (*run)(int) = NULL;
	pthread_t thread;

	allocate();
	if (pthread_create(&thread, NULL, iterate, NULL))
		return 2;
	if (argc > 2)
		run = load(argv[2], !strcmp(argv[1], "loaded"));
	atomic_store(&may_begin, true);
	wait_for(&is_in_callback);
	if (run)
		run(1);
	else if (argc > 2)
		allocate();
	else
		call_through_unknown_code(allocate);
	atomic_store(&has_allocated, true);
	pthread_join(thread, NULL);
	puts("done");
	return 0;
}
