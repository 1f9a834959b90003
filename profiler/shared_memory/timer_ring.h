/*
 * shared_memory/timer_ring.h - the ring in which the timer sampler passes
 * samples to the collector.
 *
 * There is a file for each process, and a new one after each exec. Both sides
 * map it. Its content survives whatever ends the process, even SIGKILL.
 *
 *	| head page |  zero  | sample | maps | being written |  zero  |
 *	                     ^ tail          ^ kind 0        ^ head
 *
 * Writers    signal handlers of all threads at once. A writer reserves room by
 *            moving `head`, fills the record in, and sets its kind last; until
 *            then the kind is 0. It never waits: if there is no room, it counts
 *            a loss.
 * Reader     only the collector. It stops at a kind of 0, sets to zero what it
 *            has read, and moves `tail`.
 * Times      CLOCK_MONOTONIC of the program, which may have a time namespace of
 *            its own: `made` says how far its clock is from the reader's.
 * Units      bytes. Positions only grow; position modulo ring_bytes is the
 *            place.
 * Read next  preload/timer/timer_sampler.h, the writer;
 *            sources/timer_program.h, the reader.
 */
#ifndef CLINIC_SHARED_MEMORY_TIMER_RING_H
#define CLINIC_SHARED_MEMORY_TIMER_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "shared_memory/arena_layout.h"
#include "unwind/registers.h"

#define TIMER_RING_FOLDER_MAX 256

#define TIMER_RING_MAGIC      0x31676e6972636c63u /* "clcring1" */
#define TIMER_RING_HEAD_BYTES 4096
#define TIMER_RING_BYTES      (2u << 20)
#define TIMER_RING_ALIGN      8
/*
 * How many bytes of each stack are copied, from the stack pointer upwards,
 * until the reader sets another number.
 */
#define TIMER_RING_STACK 32768

struct timer_ring_head {
	uint64_t magic;
	uint32_t pid;
	uint32_t ring_bytes;
	_Atomic uint64_t head;
	_Atomic uint64_t tail;
	_Atomic uint64_t lost_count; /* samples for which there was no room */
	/* The reader writes these. */
	/* how many bytes of each stack are copied */
	_Atomic uint32_t stack_most;
	_Atomic uint32_t is_stopped; /* no more samples are taken */
	/* by the writer's clocks; zero: it has none */
	struct arena_instant made;
};

enum timer_record_kind {
	TIMER_RECORD_UNWRITTEN,
	TIMER_RECORD_SAMPLE,
	TIMER_RECORD_MAPS,  /* text: some lines of /proc/self/maps */
	TIMER_RECORD_STAGE, /* a stage of clinic/stage.h began or ended */
	/* the end of the ring, too short for the next record */
	TIMER_RECORD_SKIP,
};

struct timer_record {
	_Atomic uint32_t kind;
	uint32_t bytes; /* with this head; a multiple of TIMER_RING_ALIGN */
};

struct timer_sample {
	struct timer_record record;
	uint64_t time_ns;
	uint64_t weight_ns; /* CPU time of the thread since its last sample */
	uint32_t tid;
	uint32_t cpu;
	char name[16];
	struct clinic_registers registers;
	uint64_t stack_bytes; /* how many follow */
};

/* From this time on the thread is in that stage; "": in none. */
struct timer_stage {
	struct timer_record record;
	uint64_t time_ns;
	uint32_t tid;
	char name[52];
};

struct timer_maps {
	struct timer_record record;
	uint64_t text_bytes; /* how many follow */
};

#endif
