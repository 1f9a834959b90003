/*
 * shared_memory/timer_ring.h - how the timer sampler hands samples to the
 * collector.
 *
 * One file per process (and per exec), mapped by both: a head page, then a
 * ring of records. It survives whatever ends the process, SIGKILL included.
 *
 * Writers    signal handlers of all threads at once. A writer reserves room
 *            by moving `head`, fills it in, and sets the record's kind last;
 *            until then the kind is 0. Never waits: without room, it counts
 *            a loss.
 * Reader     the collector, alone: stops at a kind of 0, sets to zero what it
 *            has consumed, and moves `tail`.
 * Times      CLOCK_MONOTONIC of the program, which may be in a time namespace
 *            of its own: `made` says how far it is from the reader's.
 * Units      bytes; positions only grow, modulo ring_bytes is the place.
 * Read next  timer_sampler.c, the writer; sources/timer_program.c, the reader.
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
 * Bytes copied of each stack, from the stack pointer upwards, until the reader
 * sets another number.
 */
#define TIMER_RING_STACK 32768

struct timer_ring_head {
	uint64_t magic;
	uint32_t pid;
	uint32_t ring_bytes;
	_Atomic uint64_t head;
	_Atomic uint64_t tail;
	_Atomic uint64_t lost_count; /* samples without room */
	/* The reader sets these. */
	_Atomic uint32_t stack_most; /* bytes of each sample */
	_Atomic uint32_t is_stopped; /* no more samples */
	struct arena_instant made;   /* by the writer's clock; zero: no clock */
};

enum timer_record_kind {
	TIMER_RECORD_UNWRITTEN,
	TIMER_RECORD_SAMPLE,
	TIMER_RECORD_MAPS,  /* text: some lines of /proc/self/maps */
	TIMER_RECORD_STAGE, /* of clinic/stage.h */
	TIMER_RECORD_SKIP,  /* nothing */
};

struct timer_record {
	_Atomic uint32_t kind;
	uint32_t bytes; /* with this head; a multiple of TIMER_RING_ALIGN */
};

struct timer_sample {
	struct timer_record record;
	uint64_t time_ns;
	uint64_t weight_ns; /* CPU time of the thread since the last one */
	uint32_t tid;
	uint32_t cpu;
	char name[16];
	struct clinic_registers registers;
	uint64_t stack_bytes; /* how many follow */
};

/* From then on the thread is in that stage; "": in none. */
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
