/*
 * Handles the sampler's signal, and interposes the functions by which a program
 * would handle or block it.
 */
#include "preload/timer/timer_signal.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

char timer_signal_mark;

static int our_number; /* 0: the sampler uses no signal */
static void (*tick)(const void *context);

/*
 * The action that the program has set for our number. The handler of our signal
 * reads only the second variable, which is one word.
 */
static struct sigaction theirs;
static _Atomic(sighandler_t) their_handler;

typedef int set_action(int, const struct sigaction *, struct sigaction *);
typedef int set_mask(int, const sigset_t *, sigset_t *);

static struct {
	set_action *sigaction;
	set_mask *sigprocmask;
	set_mask *pthread_sigmask;
	sighandler_t (*signal)(int, sighandler_t);
} real;

/* dlsym returns an object pointer; POSIX defines its use as a function. */
static void find_real(const char *name, void *function)
{
	*(void **)function = dlsym(RTLD_NEXT, name);
}

/*
 * This runs before any fork, because dlsym takes the loader's lock, which stays
 * locked for ever in a child that is forked while another thread holds it. The
 * hooks call this too: constructors that run before ours may call a hook.
 */
__attribute__((constructor)) static void find_all(void)
{
	if (real.signal)
		return;
	find_real("sigaction", &real.sigaction);
	find_real("sigprocmask", &real.sigprocmask);
	find_real("pthread_sigmask", &real.pthread_sigmask);
	find_real("signal", &real.signal);
}

/* The program does not handle the signal, so it has its default effect. */
static void end_by_signal(int number)
{
	struct sigaction by_default = {.sa_handler = SIG_DFL};

	real.sigaction(number, &by_default, NULL);
	raise(number); /* takes effect when our handler returns */
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	struct sigaction their = {.sa_handler = their_handler};
	int saved_errno = errno;

	if (info->si_code == SI_TIMER &&
	    info->si_value.sival_ptr == &timer_signal_mark)
		tick(context);
	else if (their.sa_handler == SIG_DFL)
		end_by_signal(number);
	else if (their.sa_handler != SIG_IGN)
		/*
		 * This call is right for both kinds of handlers: one without
		 * SA_SIGINFO ignores the additional arguments.
		 */
		their.sa_sigaction(number, info, context);
	errno = saved_errno;
}

static int free_number(void)
{
	struct sigaction used;

	for (int number = SIGRTMAX - 1; number > SIGRTMIN; number--)
		if (!real.sigaction(number, NULL, &used) &&
		    used.sa_handler == SIG_DFL)
			return number;
	return 0;
}

int timer_signal_take(void (*on_tick)(const void *context))
{
	struct sigaction action = {.sa_sigaction = on_signal,
				   .sa_flags = SA_SIGINFO | SA_RESTART |
					       SA_ONSTACK};
	int number;

	/* Nothing may interrupt the handler in the middle of a record. */
	sigfillset(&action.sa_mask);
	find_all();
	number = free_number();
	tick = on_tick;
	if (number && !real.sigaction(number, &action, NULL))
		our_number = number;
	return our_number;
}

static sigset_t without_ours(const sigset_t *set)
{
	sigset_t rest = *set;

	if (our_number)
		sigdelset(&rest, our_number);
	return rest;
}

static int keep_theirs(const struct sigaction *action, struct sigaction *old)
{
	struct sigaction before = theirs;

	if (action) {
		theirs = *action;
		their_handler = action->sa_handler;
	}
	if (old)
		*old = before;
	return 0;
}

EXPORT int sigaction(int number, const struct sigaction *action,
		     struct sigaction *old)
{
	struct sigaction without;

	find_all();
	if (our_number && number == our_number)
		return keep_theirs(action, old);
	if (!action)
		return real.sigaction(number, NULL, old);
	without = *action;
	without.sa_mask = without_ours(&action->sa_mask);
	return real.sigaction(number, &without, old);
}

EXPORT sighandler_t signal(int number, sighandler_t handler)
{
	struct sigaction action = {.sa_handler = handler};
	struct sigaction old;

	find_all();
	if (!our_number || number != our_number)
		return real.signal(number, handler);
	keep_theirs(&action, &old);
	return old.sa_handler;
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t without;

	find_all();
	if (!set || how == SIG_UNBLOCK)
		return real.sigprocmask(how, set, old);
	without = without_ours(set);
	return real.sigprocmask(how, &without, old);
}

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t without;

	find_all();
	if (!set || how == SIG_UNBLOCK)
		return real.pthread_sigmask(how, set, old);
	without = without_ours(set);
	return real.pthread_sigmask(how, &without, old);
}
