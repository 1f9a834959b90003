/*
 * sources/event_source.h - the interface of all backends.
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
	/* false: ticks in the kernel give no sample, and no other sample
	 * stands for them. */
	bool kernel_visible;
	enum clinic_off_cpu_view off_cpu;
	uint32_t refused_processes_count; /* for example of other users */
	size_t ring_bytes;
	size_t stack_bytes; /* per sample, now */
};

struct clinic_source {
	void *state;

	void (*describe)(const void *state, struct clinic_source_facts *facts);
	/*
	 * Emits all events before until_ns in order of time, whichever CPU or
	 * thread reported them. While the target runs, until_ns should lie a
	 * little in the past: an event that another CPU is still writing would
	 * otherwise come too late.
	 */
	int (*drain)(void *state, uint64_t until_ns, clinic_on_event *on_event,
		     void *context);
	/* How often to drain so that no ring gets more than half full. */
	unsigned (*period_ms)(const void *state);
	/*
	 * Sets how much of each stack is copied: CLINIC_STACK_BYTES_DEEP and
	 * the kernel's own chain, as at first, or only CLINIC_STACK_BYTES.
	 */
	void (*set_depth)(void *state, bool is_deep);
	/* Which processes could not be observed so far. NULL: not known. */
	void (*unseen)(const void *state, struct unseen_roll *unseen);
	/* No more samples are taken. */
	void (*stop)(void *state);
	void (*close)(void *state);
};

#endif
