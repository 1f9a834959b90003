/*
 * preload/timer/timer_signal.h - the sampler's signal, which the program must
 * not handle, block or notice.
 *
 * Some programs (sort) clean up before a signal ends them, and so set handlers
 * for all signals, SIGPROF among them: with SIGPROF as the sampler's signal,
 * the first tick would end the program. Programs with a thread for signals
 * (xz -T) block all signals in their other threads, which would end the
 * sampling. So the sampler uses a real-time signal. For this signal, sigaction
 * and signal only change a copy of the program's handler, which is kept here,
 * and sigprocmask and pthread_sigmask never block it. A program that makes
 * these system calls itself is not prevented.
 *
 * Signals    the functions below must not be called in a handler.
 * Read next  timer_sampler.c, which handles the ticks.
 */
#ifndef PRELOAD_TIMER_TIMER_SIGNAL_H
#define PRELOAD_TIMER_TIMER_SIGNAL_H

/*
 * Returns the signal's number, whose ticks are handled by on_tick from now on,
 * with all signals blocked; 0: the program was started with a handler or with
 * SIG_IGN for every real-time signal. The timers must have the address of
 * `timer_signal_mark` in their sigev_value. A signal without it comes from the
 * program, and is passed to the handler that the program has set.
 */
int timer_signal_take(void (*on_tick)(const void *context));

extern char timer_signal_mark;

#endif
