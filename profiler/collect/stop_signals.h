/*
 * collect/stop_signals.h - Ctrl-C, SIGTERM and SIGHUP: how a recording ends.
 *
 *	fd = clinic_stop_signals_catch();     they are read while measuring
 *	clinic_stop_signals_restore();        in the child that becomes the
 *	                                      target, and if nothing was started
 *	clinic_stop_signals_hurry();          naming: the first one hurries it,
 *	... is_hurried() ...                  the second ends this process
 *	clinic_stop_signals_release();        all is saved: each one ends it
 *
 * SIGPIPE is ignored from the first call on, so that we go on when a reader of
 * our output ends.
 *
 * Errors     a descriptor or -errno.
 * Signals    caught before anything is made that would have to be removed: a
 *            folder in shared memory, the target's process.
 */
#ifndef CLINIC_COLLECT_STOP_SIGNALS_H
#define CLINIC_COLLECT_STOP_SIGNALS_H

#include <stdbool.h>

/* A signalfd, which the caller closes. */
int clinic_stop_signals_catch(void);

/* The settings as they were before catch(). */
void clinic_stop_signals_restore(void);

/*
 * From now on, a signal gives the remaining work some seconds to end, because
 * it may take long or forever.
 */
void clinic_stop_signals_hurry(void);
bool clinic_stop_signals_is_hurried(void);

void clinic_stop_signals_release(void);

#endif
