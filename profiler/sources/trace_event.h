/*
 * sources/trace_event.h - the events of a target that a source reports.
 *
 * Every source (perf events, per-thread timers, arenas) converts its own
 * records to these events; the code that receives them does not depend on the
 * source.
 *
 * Units      time_ns is CLOCK_MONOTONIC; weight_ns is CPU time.
 * Ownership  pointers are valid until the callback that got the event returns.
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
	CLINIC_EVENT_SWITCH_STACK, /* just before a thread leaves the CPU */
	CLINIC_EVENT_SWITCH,       /* a thread left the CPU, or came back */
	CLINIC_EVENT_MAPPING,      /* code was mapped */
	CLINIC_EVENT_NAME,         /* a thread got a name; or exec'ed */
	CLINIC_EVENT_FORK,         /* a process or thread began */
	CLINIC_EVENT_EXIT,         /* a thread ended */
	CLINIC_EVENT_STAGE,        /* a thread entered a stage, or left all */
	CLINIC_EVENT_LOST,         /* records were lost */
	CLINIC_EVENT_THROTTLE,     /* the kernel paused the sampling */
	CLINIC_EVENT_DAMAGED,      /* what the target wrote makes no sense */
	CLINIC_EVENT_ALLOCATIONS,  /* what a thread did at a call site */
	CLINIC_EVENT_LOCK,         /* how a lock was acquired somewhere */
};

struct clinic_event_sample {
	uint64_t weight_ns;
	uint64_t ip;
	uint32_t cpu;
	bool in_kernel;
	/* The innermost frame is first; may be NULL when there is none. */
	const uint64_t *kernel_chain;
	size_t kernel_count;
	const uint64_t *user_chain; /* by frame pointers, may be wrong */
	size_t user_count;
	/* NULL when there were none to save (a kernel thread, an exit). */
	const struct clinic_registers *registers;
	const uint8_t *stack; /* from the stack pointer upwards */
	size_t stack_bytes;
};

/* A call stack in a stage, of one program: where events happened. */
struct clinic_event_site {
	const struct clinic_space *space; /* where its addresses are, or NULL */
	const uint64_t *frames; /* innermost first; addresses in the calls */
	uint32_t frames_count;
	const char *stage; /* "": none */
	/* The receiver may store a number for the site here, which later events
	 * have, too; 0 at first. With a number, it can ignore the frames. */
	uint32_t *number;
};

struct clinic_event_allocations {
	const struct clinic_event_site *site; /* NULL: not known */
	const char *thread_name; /* NULL: tid stands for several threads */
	uint64_t allocations_count;
	uint64_t bytes;
	uint64_t frees_count; /* of blocks from that site, by this thread */
	uint64_t freed_bytes;
};

struct arena_image;

struct clinic_event_lock {
	const struct arena_image *image;
	uint32_t lock;    /* which BLOCK_LOCK of it */
	uint32_t *number; /* the receiver's, like that of a site */
	/* Where a thread waits, and where the owner released the lock; NULL:
	 * not known, or no thread waited. */
	const struct clinic_event_site *site, *owner;
	const char *thread_name; /* NULL: no thread */
	uint64_t acquisitions_count;
	uint64_t contended_count;
	uint64_t wait_ns;
	uint64_t hold_ns;
};

struct clinic_event {
	enum clinic_event_kind kind;
	uint32_t pid, tid; /* of the thread that the event is about */
	uint64_t time_ns;
	union {
		struct clinic_event_sample sample; /* or SWITCH_STACK */
		struct {
			uint32_t cpu;
			bool is_out;
			bool is_preempted; /* it could have run on */
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
		const char *damage; /* such as "its ring was cut short" */
		/* What was added since the last event about the same site. */
		struct clinic_event_allocations allocations;
		struct clinic_event_lock lock;
	};
};

typedef int clinic_on_event(void *context, const struct clinic_event *event);

#endif
