/* Handles signals that end a recording, by what it is doing. */
#include "collect/stop_signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "symbols/debuginfod_client.h"

/* How long naming and saving may take after a signal. */
#define HURRY_S 5

static volatile sig_atomic_t is_hurried;

/* As our caller set them: the target has to start with these. */
static struct {
	sigset_t blocked;
	sighandler_t on_pipe, on_file_size;
} before;

static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

/* Under nohup, SIGHUP stays ignored. */
static sigset_t stop_signals(void)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	if (!is_ignored(SIGHUP))
		sigaddset(&stops, SIGHUP);
	return stops;
}

int clinic_stop_signals_catch(void)
{
	sigset_t stops = stop_signals();
	int fd;

	before.on_pipe = signal(SIGPIPE, SIG_IGN);
	/* A file limit is an error like others. */
	before.on_file_size = signal(SIGXFSZ, SIG_IGN);
	sigprocmask(SIG_BLOCK, &stops, &before.blocked);
	fd = signalfd(-1, &stops, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void clinic_stop_signals_restore(void)
{
	signal(SIGPIPE, before.on_pipe);
	signal(SIGXFSZ, before.on_file_size);
	sigprocmask(SIG_SETMASK, &before.blocked, NULL);
}

static void set_for_all(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler,
				   .sa_flags = SA_RESTART};
	sigset_t stops = stop_signals();

	for (int number = 1; number < NSIG; number++)
		if (number == SIGALRM || sigismember(&stops, number) == 1)
			sigaction(number, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &stops, NULL);
}

static void on_stop(int number)
{
	if (!is_hurried && number != SIGALRM) {
		is_hurried = true;
		clinic_debuginfod_stop();
		alarm(HURRY_S);
		return;
	}
	/* The signal has its usual effect once this handler returns. */
	signal(number, SIG_DFL);
	raise(number);
}

void clinic_stop_signals_hurry(void)
{
	set_for_all(on_stop);
}

bool clinic_stop_signals_is_hurried(void)
{
	return is_hurried;
}

void clinic_stop_signals_release(void)
{
	alarm(0);
	set_for_all(SIG_DFL);
}
