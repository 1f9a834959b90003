/*
 * collect/doctor_checks.h - what of the instruments works on this machine, and
 * what the settings are that decide it.
 *
 * Errors     none: what cannot be found out is CLINIC_DOCTOR_UNKNOWN.
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
	struct clinic_source_facts perf;      /* when it has */
	struct clinic_refusals perf_refusals; /* what would be better */
	int timer_error;        /* 0, or why timers cannot work: -errno */
	int64_t timer_ticks_hz; /* samples per second of a thread, at most */
	int kernel_names_error; /* 0, or why there are none: -errno */
	bool has_filter;        /* seccomp restricts what we may call */

	/* The kernel's settings, by their names. */
	int64_t perf_event_paranoid;
	int64_t perf_event_mlock_kb;
	int64_t perf_event_max_sample_rate;
	int64_t kptr_restrict;
	int64_t ptrace_scope;     /* whom one may attach to */
	int64_t locked_memory_kb; /* RLIMIT_MEMLOCK; -1: no limit */
};

/* preload: path of libclinic-preload.so. */
void clinic_doctor_checks_check(const char *preload,
				struct clinic_doctor_checks *checks);

#endif
