/* Gets the number from the kernel or, where a call may kill, the C library. */
#include "preload/thread_number.h"
#include "preload/confinement.h"
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

static int (*try_lock)(pthread_mutex_t *);
static int (*unlock)(pthread_mutex_t *);

/* Those behind our own hooks. */
__attribute__((constructor)) static void find_all(void)
{
	*(void **)(void *)&try_lock = dlsym(RTLD_NEXT, "pthread_mutex_trylock");
	*(void **)(void *)&unlock = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
}

/* The C library writes it into the locks that the thread takes. */
static uint32_t read_from_lock(void)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	uint32_t number;

	if (!try_lock || !unlock || try_lock(&mutex))
		return 0;
	number = (uint32_t)mutex.__data.__owner;
	unlock(&mutex);
	return number;
}

uint32_t thread_number(void)
{
	return confinement.is_filtered ? read_from_lock() : (uint32_t)gettid();
}
