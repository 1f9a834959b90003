/*
 * churn_soak MS PLUGIN: does all that makes samplers deadlock at the same time,
 * for MS milliseconds: threads and children start and end, signals interrupt
 * malloc, and a plugin is loaded and closed. Exits with 42.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "known_work.h"

static uint64_t end_ns;
static const char *plugin_path;
static atomic_ulong signals_count;

static int is_over(void)
{
	return clock_now_ns(CLOCK_MONOTONIC) >= end_ns;
}

static void on_alarm(int number)
{
	(void)number;
	atomic_fetch_add(&signals_count, 1);
}

static void *allocate(void *unused)
{
	(void)unused;
	while (!is_over())
		for (size_t bytes = 16; bytes < 100000; bytes *= 2) {
			char *room = malloc(bytes);

			memset(room, 1, 16);
			__asm__ volatile("" : : "r"(room) : "memory");
			free(room);
		}
	return NULL;
}

static void *load(void *unused)
{
	(void)unused;
	while (!is_over()) {
		void *plugin = dlopen(plugin_path, RTLD_NOW);

		if (!plugin)
			return "no plugin";
		dlclose(plugin);
	}
	return NULL;
}

static void *live_shortly(void *unused)
{
	(void)unused;
	burn(1);
	return NULL;
}

static void *start_threads(void *unused)
{
	pthread_t thread;

	(void)unused;
	while (!is_over()) {
		if (pthread_create(&thread, NULL, live_shortly, NULL))
			return "no thread";
		pthread_join(thread, NULL);
	}
	return NULL;
}

static void *fork_children(void *unused)
{
	(void)unused;
	while (!is_over()) {
		pid_t child = fork();

		if (child == 0) {
			burn(1);
			_exit(0);
		}
		if (child < 0 || waitpid(child, NULL, 0) != child)
			return "no child";
	}
	return NULL;
}

static void ring_alarms(void)
{
	struct sigaction action = {.sa_handler = on_alarm,
				   .sa_flags = SA_RESTART};
	struct itimerval often = {{0, 2000}, {0, 2000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

int main(int argc, char **argv)
{
	static void *(*const work[])(void *) = {allocate, load, start_threads,
						fork_children, allocate};
	pthread_t threads[5];
	int failed = argc < 3;

	if (failed)
		return 1;
	end_ns = clock_now_ns(CLOCK_MONOTONIC) +
		 argument(argc, argv, 1, 1000) * 1000000;
	plugin_path = argv[2];
	ring_alarms();
	for (int i = 0; i < 5; i++)
		pthread_create(&threads[i], NULL, work[i], NULL);
	for (int i = 0; i < 5; i++) {
		void *why;

		pthread_join(threads[i], &why);
		failed |= why != NULL;
	}
	return failed || !signals_count ? 1 : 42;
}
