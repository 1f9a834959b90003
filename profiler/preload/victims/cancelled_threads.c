/*
 * cancelled_threads HOW: each thread makes the call that HOW names while its
 * cancellation is pending. "malloc", "lock", "stage" and "dlclose" are not
 * cancellation points: each thread returns from them, is counted, and ends at
 * pthread_testcancel. "condition", "semaphore" and "join" are cancellation
 * points: each thread is counted before, and ends there; the mutex can still be
 * locked afterwards. Prints how many threads were counted.
 */
#include <clinic/stage.h>
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 60
#define ROUNDS  4

static atomic_int past_count;
static pthread_barrier_t gate;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t taken;
static pthread_t sleeper;
static _Thread_local void *volatile kept;

static void allocate(void)
{
	for (size_t i = 1; i < 20; i++) {
		kept = malloc(i * 100);
		free(kept);
	}
}

static void lock(void)
{
	pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	pthread_mutex_lock(&own);
	pthread_mutex_unlock(&own);
	pthread_mutex_unlock(&mutex);
}

static void stage(void)
{
	clinic_stage_begin("cancelled");
	clinic_stage_end("cancelled");
}

static void unload(void)
{
	void *library = dlopen("libm.so.6", RTLD_NOW);

	if (library)
		dlclose(library);
}

static void unlock(void *locked)
{
	pthread_mutex_unlock(locked);
}

static void wait_for_condition(void)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_wait(&never, &mutex);
	pthread_cleanup_pop(1);
}

static void wait_for_semaphore(void)
{
	sem_wait(&taken);
}

static void wait_for_thread(void)
{
	pthread_join(sleeper, NULL);
}

static const struct {
	const char *name;
	void (*function)(void);
	int is_point;
} ways[] = {
	{"malloc", allocate, 0},
	{"lock", lock, 0},
	{"stage", stage, 0},
	{"dlclose", unload, 0},
	{"condition", wait_for_condition, 1},
	{"semaphore", wait_for_semaphore, 1},
	{"join", wait_for_thread, 1},
};

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *work(void *way)
{
	size_t at = (size_t)way;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_barrier_wait(&gate); /* the cancellation becomes pending */
	pthread_barrier_wait(&gate);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	if (ways[at].is_point)
		atomic_fetch_add(&past_count, 1);
	ways[at].function();
	if (!ways[at].is_point)
		atomic_fetch_add(&past_count, 1);
	pthread_testcancel();
	atomic_store(&past_count, -1000); /* no thread may come here */
	return NULL;
}

static void run_round(size_t way)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&gate, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)way))
			exit(2);
	pthread_barrier_wait(&gate);
	for (int i = 0; i < THREADS; i++)
		pthread_cancel(threads[i]);
	pthread_barrier_wait(&gate);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	/* No thread may have ended with the mutex locked. */
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

int main(int argc, char **argv)
{
	size_t way = 0, count = sizeof(ways) / sizeof(*ways);

	while (way < count && (argc < 2 || strcmp(ways[way].name, argv[1])))
		way++;
	if (way == count || sem_init(&taken, 0, 0) ||
	    pthread_create(&sleeper, NULL, sleep_on, NULL))
		return 2;
	for (int i = 0; i < ROUNDS; i++)
		run_round(way);
	printf("%d\n", past_count);
	return 0;
}
