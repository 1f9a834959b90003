/*
 * sources/trace_event.h - what a backend reports about the target, in order.
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
	CLINIC_EVENT_ALLOCATIONS,  /* what a thread did at a call site */
	CLINIC_EVENT_LOCK,         /* how a lock was acquired somewhere */
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

/* A call stack in a stage, of one program: where events happened. */
struct clinic_event_site {
	const struct clinic_space *space; /* where its addresses are, or NULL */
	const uint64_t *frames; /* innermost first, inside the calls */
	uint32_t frames_count;
	const char *stage; /* "": none */
	/* The receiver's own number for it, kept for the next event; 0 at
	 * first. Who gave it one need not look at the frames again. */
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
	uint32_t *number; /* the receiver's own, as that of a site */
	/* Who waits, and who held it; NULL: not known, or nobody waited. */
	const struct clinic_event_site *site, *owner;
	const char *thread_name; /* NULL: no thread */
	uint64_t acquisitions_count;
	uint64_t contended_count;
	uint64_t wait_ns;
	uint64_t hold_ns;
};

struct clinic_event {
	enum clinic_event_kind kind;
	uint32_t pid, tid; /* whom it is about */
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
		/* Since the last event of the source about the same. */
		struct clinic_event_allocations allocations;
		struct clinic_event_lock lock;
	};
};

typedef int clinic_on_event(void *context, const struct clinic_event *event);

#endif
