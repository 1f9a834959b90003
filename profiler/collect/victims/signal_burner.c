/* All CPU time in a signal handler, below interrupted() below main(). */
#include <signal.h>

#include "known_work.h"

static uint64_t wanted_ns;
static volatile sig_atomic_t is_done;

static void handle(int number)
{
	(void)number;
	burn_ns(wanted_ns);
	is_done = 1;
}

__attribute__((noinline)) static void interrupted(void)
{
	raise(SIGUSR1);
	while (!is_done)
		;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = handle};

	wanted_ns = argument(argc, argv, 1, 150) * 1000000;
	sigaction(SIGUSR1, &action, NULL);
	interrupted();
	return 0;
}
