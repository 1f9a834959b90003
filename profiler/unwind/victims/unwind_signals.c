/*
 * Known answer: main has called work, which on_tick interrupts at any
 * instruction; on_tick calls spin, and may itself be interrupted in this way.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static volatile uint64_t sink;

__attribute__((noinline)) static void spin(unsigned int turns)
{
	for (unsigned int i = 0; i < turns; i++)
		sink += i;
}

static void on_tick(int number)
{
	(void)number;
	spin(100000);
}

static void install(int number)
{
	struct sigaction action = {.sa_handler = on_tick};
	struct itimerval every = {{0, 1000}, {0, 1000}};

	sigaction(number, &action, NULL);
	setitimer(number == SIGALRM ? ITIMER_REAL : ITIMER_PROF, &every, NULL);
}

__attribute__((noinline)) static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

__attribute__((noinline)) static void work(void)
{
	uint64_t items[64];

	for (unsigned int i = 0; i < 64; i++)
		items[i] = (i * 2654435761u) ^ sink;
	qsort(items, 64, sizeof(items[0]), compare);
	sink += items[0];
}

int main(void)
{
	install(SIGALRM);
	install(SIGPROF);
	for (int i = 0; i < 2000000; i++)
		work();
	return 0;
}
