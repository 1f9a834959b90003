/*
 * collect/stop_signals.h - Ctrl-C, SIGTERM and SIGHUP: how a recording ends.
 *
 *	fd = clinic_stop_signals_catch();     they are read while measuring
 *	clinic_stop_signals_hurry();          naming: the first one hurries it,
 *	... is_hurried() ...                  the second ends this process
 *	clinic_stop_signals_release();        all is saved: each one ends it
 *
 * A reader of our output who goes away is no reason to end: SIGPIPE is
 * ignored from the first call on.
 *
 * Errors     a descriptor or -errno.
 * Signals    the target must have been started before: it would inherit all
 *            this.
 */
#ifndef CLINIC_COLLECT_STOP_SIGNALS_H
#define CLINIC_COLLECT_STOP_SIGNALS_H

#include <stdbool.h>

/* A signalfd, the caller's to close. */
int clinic_stop_signals_catch(void);

/*
 * What is still to be done may take long, or forever: after a signal it gets
 * some seconds to come to its end.
 */
void clinic_stop_signals_hurry(void);
bool clinic_stop_signals_is_hurried(void);

void clinic_stop_signals_release(void);

#endif
