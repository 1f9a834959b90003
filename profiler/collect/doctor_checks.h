/*
 * collect/doctor_checks.h - which instruments work on this machine, and the
 * settings that decide it.
 *
 * Errors     none: an unknown setting is CLINIC_DOCTOR_UNKNOWN.
 * Read next  cli/verb_doctor.c, which prints it with what would help.
 */
#ifndef CLINIC_COLLECT_DOCTOR_CHECKS_H
#define CLINIC_COLLECT_DOCTOR_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/event_source.h"
#include "sources/refusals.h"

#define CLINIC_DOCTOR_UNKNOWN INT64_MIN

struct clinic_doctor_checks {
	bool has_perf;
	struct clinic_source_facts perf;      /* if perf works */
	struct clinic_refusals perf_refusals; /* what would be better */
	int timer_error;        /* 0, or why timers do not work: -errno */
	int64_t timer_ticks_hz; /* samples per second of a thread, at most */
	int kernel_names_error; /* 0, or why there are none: -errno */
	bool has_filter;        /* seccomp restricts what we may call */

	/* The kernel's settings, by their names. */
	int64_t perf_event_paranoid;
	int64_t perf_event_mlock_kb;
	int64_t perf_event_max_sample_rate;
	int64_t kptr_restrict;
	int64_t ptrace_scope;     /* which processes may be attached to */
	int64_t locked_memory_kb; /* RLIMIT_MEMLOCK; -1: no limit */
};

/* preload: path of libclinic-preload.so. */
void clinic_doctor_checks_check(const char *preload,
				struct clinic_doctor_checks *checks);

#endif
