/*
 * preload/timer/timer_signal.h - the sampler's signal, which the program must
 * neither take, nor block, nor notice.
 *
 * Programs that clean up before they die of a signal set handlers for all
 * they know of, SIGPROF among them (sort); those with a thread for signals
 * block all of them in the others (xz -T). Either would end the sampling, and
 * the first the program too, at the first tick. So a real-time signal is
 * taken, and the calls that set handlers and masks act for that one on what
 * is kept here. Left out are programs that make the system call themselves.
 *
 * Signals    only the handler runs in one.
 * Read next  timer_sampler.c, whose ticks they are.
 */
#ifndef PRELOAD_TIMER_TIMER_SIGNAL_H
#define PRELOAD_TIMER_TIMER_SIGNAL_H

/*
 * Its number, from now on handled by on_tick with all signals blocked; 0
 * when the program was started with a use for every one. Timers name
 * `timer_signal_mark` in their sigev_value: what comes without is a signal
 * of the program's own, and goes to the handler it believes to have set.
 */
int timer_signal_take(void (*on_tick)(const void *context));

extern char timer_signal_mark;

#endif
