/*
 * alloc_under_loader: one thread is in a callback of dl_iterate_phdr, where
 * the loader's lock is held, and waits for a mutex that another has; that one
 * allocates meanwhile, called through code that is no library's, as a compiler
 * at run time makes it. Neither has to wait for the other. Prints "done".
 */
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t gate;
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

static int wait_in_callback(struct dl_phdr_info *image, size_t size,
			    void *unused)
{
	(void)image;
	(void)size;
	(void)unused;
	pthread_barrier_wait(&gate);
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	return 1;
}

static void *iterate(void *unused)
{
	dl_iterate_phdr(wait_in_callback, NULL);
	return unused;
}

int main(void)
{
	pthread_t thread;

	allocate();
	pthread_barrier_init(&gate, NULL, 2);
	pthread_mutex_lock(&mutex);
	if (pthread_create(&thread, NULL, iterate, NULL))
		return 2;
	pthread_barrier_wait(&gate);
	call_through_unknown_code(allocate);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	puts("done");
	return 0;
}
