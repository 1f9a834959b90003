/*
 * sources/trace_event.h - what a backend tells about the target, in order.
 *
 * Every backend (perf events, per-thread timers) turns its own records into
 * these; from here on nobody asks which one it was.
 *
 * Units      time_ns is CLOCK_MONOTONIC; weight_ns is CPU time.
 * Ownership  pointers live until the callback that got the event returns.
 * Read next  perf_source.h and timer_source.h, which produce them;
 *            recorder.h, which consumes them.
 */
#ifndef CLINIC_SOURCES_TRACE_EVENT_H
#define CLINIC_SOURCES_TRACE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/address_space.h"
#include "unwind/registers.h"

enum clinic_event_kind {
	CLINIC_EVENT_SAMPLE,
	CLINIC_EVENT_SWITCH_STACK, /* just before it leaves the CPU */
	CLINIC_EVENT_SWITCH,       /* it left the CPU, or came back */
	CLINIC_EVENT_MAPPING,      /* code was mapped */
	CLINIC_EVENT_NAME,         /* a thread got a name; or exec'ed */
	CLINIC_EVENT_FORK,         /* a process or thread began */
	CLINIC_EVENT_EXIT,         /* a thread ended */
	CLINIC_EVENT_STAGE,        /* a thread entered a stage, or left all */
	CLINIC_EVENT_LOST,         /* records that nobody will see */
	CLINIC_EVENT_THROTTLE,     /* the kernel paused the sampling */
	CLINIC_EVENT_DAMAGED,      /* what the target wrote makes no sense */
};

struct clinic_event_sample {
	uint64_t weight_ns;
	uint64_t ip;
	uint32_t cpu;
	bool in_kernel;
	/* Innermost first; may be NULL when there is none. */
	const uint64_t *kernel_chain;
	size_t kernel_count;
	const uint64_t *user_chain; /* by frame pointers: to be validated */
	size_t user_count;
	/* NULL when there were none to save (a kernel thread, an exit). */
	const struct clinic_registers *registers;
	const uint8_t *stack; /* from the stack pointer upwards */
	size_t stack_bytes;
};

struct clinic_event {
	enum clinic_event_kind kind;
	uint32_t pid, tid; /* of whom it tells */
	uint64_t time_ns;
	union {
		struct clinic_event_sample sample; /* SWITCH_STACK too */
		struct {
			uint32_t cpu;
			bool is_out;
			bool is_preempted; /* it could have gone on */
		} change;
		struct clinic_mapping mapping;
		struct {
			const char *text;
			bool is_exec;
		} name;
		struct {
			uint32_t parent_pid, parent_tid;
		} fork;
		const char *stage; /* "": none */
		uint64_t lost_count;
		const char *damage; /* "its ring was cut short", say */
	};
};

typedef int clinic_on_event(void *context, const struct clinic_event *event);

#endif
