/*
 * alloc_under_loader [loaded|closed PLUGIN]: one thread is in a callback of
 * dl_iterate_phdr, where the loader's lock is held, and waits for another; that
 * one allocates meanwhile. It need not wait for the first. Prints "done".
 *
 * What it is called through has no unwind table: code that is no library's, as
 * a compiler at run time makes it; or a library that was loaded before, of
 * which none of the code had run (plugin_first of alloc_same_place.c). Or
 * there was one, which is closed.
 *
 * The threads wait by atomics, which no hook sees: any hook may ask what was
 * loaded, and the next one would not have to.
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

/* NULL: it is closed again. */
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
