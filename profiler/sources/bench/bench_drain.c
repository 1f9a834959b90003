/*
 * Measures drains of the allocations of a real program: see make bench-drain.
 *
 *	bench_drain PRELOAD DRAINS COMMAND...
 *
 * The command prints a line when it has reached all its call sites; from then
 * on it is drained ten times a second. Wall time is how long a sampler would
 * wait; CPU time is the cost itself, which does not depend on other programs.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sources/arena_source.h"

struct drains {
	size_t count, changes_count;
	double *wall_ms, *cpu_ms;
};

static double now_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int count_event(void *context, const struct clinic_event *event)
{
	struct drains *drains = context;

	drains->changes_count += event->kind == CLINIC_EVENT_ALLOCATIONS;
	return 0;
}

static void drain(const struct clinic_source *source, struct drains *drains)
{
	double wall_ms = now_ms(CLOCK_MONOTONIC);
	double cpu_ms = now_ms(CLOCK_PROCESS_CPUTIME_ID);

	if (source->drain(source->state, (uint64_t)(wall_ms * 1e6), count_event,
			  drains))
		exit(1);
	drains->wall_ms[drains->count] = now_ms(CLOCK_MONOTONIC) - wall_ms;
	drains->cpu_ms[drains->count++] =
		now_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu_ms;
}

static pid_t launch(char **command, char *const *settings, int *output)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		for (; *settings; settings++)
			putenv(*settings);
		execvp(command[0], command);
		_exit(127);
	}
	close(ends[1]);
	*output = ends[0];
	return pid;
}

/* Drains meanwhile, as a recording would; these drains are not measured. */
static int wait_until_ready(const struct clinic_source *source, int output)
{
	struct pollfd ready = {.fd = output, .events = POLLIN};
	double unused_ms[2];
	struct drains warm_up = {.wall_ms = &unused_ms[0],
				 .cpu_ms = &unused_ms[1]};

	while (!poll(&ready, 1, CLINIC_ARENA_PERIOD_MS)) {
		warm_up.count = 0;
		drain(source, &warm_up);
	}
	return ready.revents & POLLIN ? 0 : -1;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void print(const char *what, double *times_ms, size_t count)
{
	qsort(times_ms, count, sizeof(*times_ms), compare);
	printf("%-10s median %6.3f ms, 95 %% %6.3f ms, most %6.3f ms\n", what,
	       times_ms[count / 2], times_ms[count * 95 / 100],
	       times_ms[count - 1]);
}

static void print_facts(const struct clinic_source *source,
			const struct drains *drains)
{
	struct clinic_arena_facts facts;

	clinic_arena_source_facts_get(source, &facts);
	for (size_t i = 0; i < facts.images_count; i++) {
		const struct arena_blocks *blocks =
			facts.images[i]->file.blocks;

		printf("%zu call sites, %zu threads, %zu blocks of rows; %zu "
		       "drains, %zu changes each\n",
		       blocks[BLOCK_SITE].count, blocks[BLOCK_THREAD].count,
		       blocks[BLOCK_ROWS].count, drains->count,
		       drains->changes_count / drains->count);
	}
}

/* -1: there is no memory for the times, or nothing was asked for. */
static int measure(const struct clinic_source *source, size_t count)
{
	const struct timespec period = {.tv_nsec = CLINIC_ARENA_PERIOD_MS *
						   1000000L};
	struct drains drains = {.wall_ms = calloc(count, sizeof(double)),
				.cpu_ms = calloc(count, sizeof(double))};
	bool can_measure = drains.wall_ms && drains.cpu_ms && count;

	while (can_measure && drains.count < count) {
		nanosleep(&period, NULL);
		drain(source, &drains);
	}
	if (can_measure) {
		print_facts(source, &drains);
		print("wall time", drains.wall_ms, drains.count);
		print("CPU time", drains.cpu_ms, drains.count);
	}
	free(drains.wall_ms);
	free(drains.cpu_ms);
	return can_measure ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct clinic_arena_plan plan = {.with_alloc = true, .with_lock = true};
	struct clinic_modules *modules;
	struct clinic_source source;
	char preload[PATH_MAX];
	int output, status = 1;
	pid_t pid;

	if (argc < 4)
		return 2;
	plan.preload = realpath(argv[1], preload) ? preload : argv[1];
	if (clinic_modules_new(&modules) ||
	    clinic_arena_source_open(&plan, modules, &source))
		return 1;
	pid = launch(argv + 3, clinic_arena_source_settings(&source), &output);
	if (pid > 0 && !wait_until_ready(&source, output))
		status = measure(&source, strtoul(argv[2], NULL, 10)) ? 1 : 0;
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	source.close(source.state);
	clinic_modules_free(modules);
	return status;
}
