/*
 * stack_depth: measures how many bytes of the stack some calls use. Each call
 * is made in a thread of its own, on a stack that was filled with a known byte.
 * Prints a line "CALL BYTES" for each. "exit" is the end of a process.
 *
 * stack_depth small: makes the same calls on the smallest stacks that a thread
 * can have, and prints 0 for each. A call that needs more ends the program.
 */
#include <clinic/stage.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256u << 10)
#define PAINT       0xa5

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static void *volatile kept;
static unsigned char *stack;
static size_t *child_bytes; /* in memory that children share */
static _Atomic int is_held;

static size_t bytes_touched(void)
{
	size_t untouched = 0;

	while (untouched < STACK_BYTES && stack[untouched] == PAINT)
		untouched++;
	return STACK_BYTES - untouched;
}

static void allocate(void)
{
	kept = malloc(100);
	kept = realloc(kept, 200);
	free(kept);
	kept = calloc(3, 50);
	free(kept);
}

static void *hold_all(void *unused)
{
	struct timespec pause = {.tv_nsec = 300000000};

	pthread_mutex_lock(&mutex);
	pthread_rwlock_wrlock(&rwlock);
	is_held = 1;
	nanosleep(&pause, NULL);
	pthread_mutex_unlock(&mutex);
	pthread_rwlock_unlock(&rwlock);
	sem_post(&sem);
	return unused;
}

/* The thread waits so long that the lock timer looks for a deadlock. */
static void wait_for_all(void)
{
	struct timespec soon = {0};
	pthread_t holder;

	is_held = 0;
	if (pthread_create(&holder, NULL, hold_all, NULL))
		exit(2);
	while (!is_held)
		;
	pthread_mutex_lock(&mutex);
	pthread_rwlock_rdlock(&rwlock);
	pthread_cond_timedwait(&cond, &mutex, &soon);
	sem_wait(&sem);
	pthread_rwlock_unlock(&rwlock);
	pthread_mutex_unlock(&mutex);
	pthread_join(holder, NULL);
}

static void stage(void)
{
	clinic_stage_begin("shallow");
	allocate();
	clinic_stage_end("shallow");
}

static void fork_in_stage(void)
{
	pid_t child;

	clinic_stage_begin("forked");
	child = fork();
	if (!child) {
		allocate();
		*child_bytes = bytes_touched();
		_exit(0);
	}
	waitpid(child, NULL, 0);
	clinic_stage_end("forked");
}

static void start_program(void)
{
	char *arguments[] = {"true", NULL};
	pid_t child;

	if (posix_spawnp(&child, "true", NULL, NULL, arguments, environ))
		exit(2);
	waitpid(child, NULL, 0);
}

static void become_program(void)
{
	pid_t child = vfork();

	if (!child) {
		execlp("true", "true", NULL);
		_exit(2);
	}
	waitpid(child, NULL, 0);
}

static void on_signal(int number)
{
	(void)number;
	allocate();
}

/* The frame of a signal needs the complete unwinder. */
static void handle_signal(void)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
}

/* The thread runs so long that its timer ticks. */
static void spin(void)
{
	struct timespec used = {0};

	while (used.tv_nsec < 50000000)
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
}

static void end_process(void)
{
	exit(0);
}

static const struct {
	const char *name;
	void (*function)(void);
} calls[] = {
	{"allocate", allocate},
	{"wait", wait_for_all},
	{"stage", stage},
	{"fork", fork_in_stage},
	{"spawn", start_program},
	{"exec", become_program},
	{"spin", spin},
	{"exit", end_process},
	{"handler", handle_signal},
};

/* More than a thread uses to begin and to end. */
#define ROOM_BYTES (16u << 10)

static void *work(void *at)
{
	volatile char room[ROOM_BYTES];

	room[0] = 0;
	calls[(size_t)at].function();
	(void)room[0];
	return NULL;
}

static void *work_on_little(void *at)
{
	calls[(size_t)at].function();
	return NULL;
}

static void run_thread(size_t at, int is_small)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	if (is_small)
		pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	else
		pthread_attr_setstack(&attributes, stack, STACK_BYTES);
	if (pthread_create(&thread, &attributes,
			   is_small ? work_on_little : work, (void *)at))
		exit(2);
	pthread_join(thread, NULL);
}

static void *map(int visibility, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    visibility | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		exit(2);
	return memory;
}

/* The call ends the process, so it is made in a child. */
static void run_child(size_t at, int is_small)
{
	pid_t child = fork();
	int status;

	if (!child) {
		run_thread(at, is_small);
		_exit(2);
	}
	if (waitpid(child, &status, 0) != child || status)
		exit(3);
}

int main(int argc, char **argv)
{
	int is_small = argc > 1 && strcmp(argv[1], "small") == 0;

	child_bytes = map(MAP_SHARED, sizeof(*child_bytes));
	if (sem_init(&sem, 0, 0))
		return 2;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		int ends = calls[i].function == end_process;

		stack = map(ends ? MAP_SHARED : MAP_PRIVATE, STACK_BYTES);
		memset(stack, PAINT, STACK_BYTES);
		*child_bytes = 0;
		(ends ? run_child : run_thread)(i, is_small);
		if (*child_bytes < bytes_touched())
			*child_bytes = bytes_touched();
		printf("%s %zu\n", calls[i].name, is_small ? 0 : *child_bytes);
		fflush(stdout);
	}
	return 0;
}
