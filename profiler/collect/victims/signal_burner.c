/*
 * Uses all its CPU time in a signal handler, which interrupts a function that
 * main() calls. The first argument is the number of ms; with a second argument
 * of 1, the handler has a stack of its own.
 */
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

static char own_stack[1 << 16];

int main(int argc, char **argv)
{
	stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof(own_stack)};
	struct sigaction action = {.sa_handler = handle};

	wanted_ns = argument(argc, argv, 1, 150) * 1000000;
	if (argument(argc, argv, 2, 0)) {
		sigaltstack(&stack, NULL);
		action.sa_flags = SA_ONSTACK;
	}
	sigaction(SIGUSR1, &action, NULL);
	interrupted();
	return 0;
}
