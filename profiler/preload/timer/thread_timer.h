/*
 * preload/timer/thread_timer.h - each thread has a timer on its own CPU clock.
 *
 *	thread_timer_open(1000000, on_tick);	once
 *	thread_timer_begin();			each thread
 *
 * The kernel looks at such timers only at its own tick: with CONFIG_HZ=250 at
 * most 250 times a second, whatever period was asked for. So on_tick reads the
 * thread's clock, and does not count periods. The signal is delivered when the
 * thread returns to user mode, so time in the kernel is attributed to the
 * function that made the system call. A thread that uses no CPU time has no
 * ticks: none of its system calls is interrupted.
 *
 * Threads    the timer of a thread ends with it.
 * Signals    on_tick is called in a handler, with all signals blocked.
 *            thread_timer_end and _end_all may be called there.
 * Read next  timer_signal.h
 */
#ifndef PRELOAD_TIMER_THREAD_TIMER_H
#define PRELOAD_TIMER_THREAD_TIMER_H

/*
 * context: the third argument of the signal's handler. Returns 0 or -EBUSY:
 * there is no free signal.
 */
int thread_timer_open(long period_ns, void (*on_tick)(const void *context));

/* Starts the timer of the calling thread. Without a timer it has no ticks. */
void thread_timer_begin(void);
void thread_timer_end(void);

/* Ends the timers of all threads, before the program confines itself. */
void thread_timer_end_all(void);

/* To be called in a forked child, which inherits no timer. */
void thread_timer_restart(void);

#endif
