/*
 * sources/timer_source.h - the second backend: timers inside the target.
 *
 *	clinic_timer_source_open(&plan, &source);
 *	settings = clinic_timer_source_settings(&source);
 *	clinic_target_launch(argv, settings, &target);
 *
 * It is used where perf events are forbidden. libclinic-preload.so, loaded into
 * the target, has a timer per thread and writes samples into a file that we
 * map, too. The samples survive any end of the target.
 *
 * It samples threads made by pthread_create, forks and execs, of programs that
 * are dynamically linked and not setuid; at most one sample per tick of the
 * kernel (CONFIG_HZ). Time in the kernel is charged to the function that called
 * it.
 *
 * Errors     0 or -errno: no folder can be made in /dev/shm or /tmp.
 * Read next  event_source.h, what it can be asked; timer_program.h.
 */
#ifndef CLINIC_SOURCES_TIMER_SOURCE_H
#define CLINIC_SOURCES_TIMER_SOURCE_H

#include <stdint.h>

#include "sources/event_source.h"

struct clinic_timer_plan {
	const char *preload;   /* path of libclinic-preload.so */
	uint32_t frequency_hz; /* 0: only stages, no samples */
};

int clinic_timer_source_open(const struct clinic_timer_plan *plan,
			     struct clinic_source *source);

/* "NAME=value" for the target's environment, valid as long as the source. */
char *const *clinic_timer_source_settings(const struct clinic_source *source);

#endif
