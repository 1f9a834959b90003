/*
 * sources/timer_program.h - the ring that one program writes, as trace events.
 *
 *	program = clinic_timer_program_open(folder_fd, "1234.0");
 *	clinic_timer_program_drain(program, &to);      again and again
 *	clinic_timer_program_end(program, &to);        once nobody writes
 *	clinic_timer_program_close(program, folder_fd);
 *
 * A program is a process until it ends or execs; its ring file is named by
 * the process, and by the how manieth program of it this is.
 *
 * Order      the program and its mappings are emitted before its samples.
 * Loss       what the program had no room for, and what it was writing when
 *            it died, is emitted as lost.
 * Damage     the target may write anything into the ring, at any time, or cut
 *            it short: lengths are read once and checked, what makes no sense
 *            is emitted as damage, and nothing is read from then on.
 * Errors     0 or -errno, or what on_event returned.
 * Read next  shared_memory/timer_ring.h, the layout; timer_source.c, which
 *            has many.
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
	uint32_t inner_pid; /* as it calls itself, and its file */
	uint32_t number;    /* of those that the process has become */
	struct clinic_guarded_mapping mapping;
	struct timer_ring_head *head;
	const uint8_t *data;
	uint64_t tail;      /* ours: the one in the file can be overwritten */
	const char *damage; /* why nothing more is read; NULL: all is well */
	uint64_t lost_seen_count;
	uint64_t shift_ns;  /* from its clock to ours, modulo 2^64 */
	uint32_t named_tid; /* whose name was emitted last, and which name */
	char thread_name[16];
	bool is_announced;
};

struct clinic_timer_receiver {
	clinic_on_event *on_event;
	void *context;
};

/* NULL: the file is not ready yet, or no memory. Then ask again later. */
struct clinic_timer_program *
clinic_timer_program_open(const struct clinic_shared_folder *folder,
			  const char *name);
/* Removes the file too. */
void clinic_timer_program_close(struct clinic_timer_program *program,
				struct clinic_shared_folder *folder);

/* Hands on all complete records, and gives their room back. */
int clinic_timer_program_drain(struct clinic_timer_program *program,
			       const struct clinic_timer_receiver *to);
/* After the last drain: what never became complete. */
int clinic_timer_program_end(const struct clinic_timer_program *program,
			     const struct clinic_timer_receiver *to);

#endif
