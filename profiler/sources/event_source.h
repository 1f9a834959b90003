/*
 * sources/event_source.h - what a backend can be asked, whichever it is.
 *
 * Errors     0 or -errno.
 * Threads    one.
 * Read next  perf_source.h and timer_source.h make one; recording.c uses it.
 */
#ifndef CLINIC_SOURCES_EVENT_SOURCE_H
#define CLINIC_SOURCES_EVENT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared_memory/unseen_roll.h"
#include "sources/trace_event.h"

#define CLINIC_STACK_BYTES      8192
#define CLINIC_STACK_BYTES_DEEP 32768

/* What a source can report about threads that are not on a CPU. */
enum clinic_off_cpu_view {
	CLINIC_OFF_CPU_UNSEEN,
	CLINIC_OFF_CPU_TIMES, /* when, but not where in the program */
	CLINIC_OFF_CPU_STACKS,
};

struct clinic_source_facts {
	const char *backend; /* "perf", "timer" */
	const char *event;   /* "cycles", "task-clock", "thread-timer", ... */
	/* false: ticks in the kernel give no sample, and are not made up for
	 * by others. */
	bool kernel_visible;
	enum clinic_off_cpu_view off_cpu;
	uint32_t refused_processes_count; /* of other users, say */
	size_t ring_bytes;
	size_t stack_bytes; /* per sample, now */
};

struct clinic_source {
	void *state;

	void (*describe)(const void *state, struct clinic_source_facts *facts);
	/*
	 * Hands on what happened before until_ns, in the order in which it
	 * did, whichever CPU or thread saw it. In mid-run, until_ns should
	 * lie a little in the past: what is just being written elsewhere
	 * would come too late otherwise.
	 */
	int (*drain)(void *state, uint64_t until_ns, clinic_on_event *on_event,
		     void *context);
	/* How often to drain so that no ring gets more than half full. */
	unsigned (*period_ms)(const void *state);
	/*
	 * From now on CLINIC_STACK_BYTES_DEEP of each stack and the kernel's
	 * chain where it makes one, as at first, or only CLINIC_STACK_BYTES.
	 */
	void (*set_depth)(void *state, bool is_deep);
	/* Who could not be observed so far. NULL: nobody says so. */
	void (*unseen)(const void *state, struct unseen_roll *unseen);
	/* No more samples are taken. */
	void (*stop)(void *state);
	void (*close)(void *state);
};

#endif
