/*
 * sources/timer_program.h - converts the ring of one program to trace events.
 *
 *	program = clinic_timer_program_open(&folder, "1234.0");
 *	clinic_timer_program_drain(program, &to);      again and again
 *	clinic_timer_program_end(program, &to);        once nobody writes
 *	clinic_timer_program_close(program, &folder);
 *
 * A program is a process until it ends or execs. The name of its ring file
 * consists of the number of the process and the number of execs before.
 *
 * Order      the program and its mappings are emitted before its samples.
 * Loss       records for which the program had no room, and a record that was
 *            unfinished when it died, are emitted as lost.
 * Damage     the target may write anything into the ring, at any time, or cut
 *            it short. Lengths are read once and checked; nonsense is emitted
 *            as damage, and nothing is read after it.
 * Errors     0 or -errno, or what on_event returned.
 * Read next  shared_memory/timer_ring.h, the layout; timer_source.c, which has
 *            many.
 */
#ifndef CLINIC_SOURCES_TIMER_PROGRAM_H
#define CLINIC_SOURCES_TIMER_PROGRAM_H

#include "sources/guarded_mapping.h"
#include "sources/shared_folder.h"
#include "sources/trace_event.h"

struct timer_ring_head;

struct clinic_timer_program {
	struct clinic_timer_program *next; /* the owner's */
	char name[32];                     /* of its file */
	uint32_t pid;
	uint32_t inner_pid; /* in its own namespace, as in its file's name */
	uint32_t number;    /* how many programs the process was before */
	struct clinic_guarded_mapping mapping;
	struct timer_ring_head *head;
	const uint8_t *data;
	uint64_t tail;      /* our copy: the target can overwrite the file's */
	const char *damage; /* why nothing more is read; NULL: no damage */
	uint64_t lost_seen_count;
	uint64_t shift_ns;  /* our clock - its clock, modulo 2^64 */
	uint32_t named_tid; /* whose name was emitted last, and which name */
	char thread_name[16];
	bool is_announced;
};

struct clinic_timer_receiver {
	clinic_on_event *on_event;
	void *context;
};

/* NULL: the file is not ready yet, or memory is short. Try again later. */
struct clinic_timer_program *
clinic_timer_program_open(const struct clinic_shared_folder *folder,
			  const char *name);
/* Frees the program, and removes its file. */
void clinic_timer_program_close(struct clinic_timer_program *program,
				struct clinic_shared_folder *folder);

/* Emits all complete records, and frees their room. */
int clinic_timer_program_drain(struct clinic_timer_program *program,
			       const struct clinic_timer_receiver *to);
/* Emits, after the last drain, what never became complete as lost. */
int clinic_timer_program_end(const struct clinic_timer_program *program,
			     const struct clinic_timer_receiver *to);

#endif
