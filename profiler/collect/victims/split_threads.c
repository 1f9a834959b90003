/*
 * Three threads with names use 70, 20 and 10 % of the CPU time. The argument is
 * the number of ms of all together. Prints each name and its ns.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "known_work.h"

static struct part {
	const char *name;
	uint64_t percent;
	uint64_t took_ns;
} parts[] = {{"seventy", 70, 0}, {"twenty", 20, 0}, {"ten", 10, 0}};

static uint64_t wanted_ns;

static void *work(void *argument)
{
	struct part *part = argument;

	pthread_setname_np(pthread_self(), part->name);
	burn_ns(wanted_ns * part->percent / 100);
	part->took_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[3];

	wanted_ns = argument(argc, argv, 1, 500) * 1000000;
	for (int part = 0; part < 3; part++)
		if (pthread_create(&threads[part], NULL, work, &parts[part]))
			return 1;
	for (int part = 0; part < 3; part++)
		pthread_join(threads[part], NULL);
	for (int part = 0; part < 3; part++)
		printf("%s %" PRIu64 "\n", parts[part].name,
		       parts[part].took_ns);
	return 0;
}
