/*
 * stage_changes.h - when each thread entered and left its stages. The changes
 * are reported apart from the samples, and combined with them by time.
 *
 * Begin with {0}. Not safe from several threads at once.
 */
#ifndef CLINIC_COLLECT_STAGE_CHANGES_H
#define CLINIC_COLLECT_STAGE_CHANGES_H

#include <stddef.h>
#include <stdint.h>

struct clinic_stage_changes {
	struct clinic_stage_change {
		uint64_t time_ns;
		uint32_t tid;
		uint32_t stage_id; /* of the session; 0: none */
	} * rows;
	size_t count, room;
};

/* From time_ns on, the thread is in that stage. Calls may come in any order of
 * time. 0 or -ENOMEM. */
int clinic_stage_changes_add(struct clinic_stage_changes *changes, uint32_t tid,
			     uint64_t time_ns, uint32_t stage_id);

/* To be called once, before clinic_stage_changes_at(). */
void clinic_stage_changes_sort(struct clinic_stage_changes *changes);

/* The stage of the thread at that time; 0 before its first. */
uint32_t clinic_stage_changes_at(const struct clinic_stage_changes *changes,
				 uint32_t tid, uint64_t time_ns);

/* Removes all changes but the last of each thread; they must be sorted. */
void clinic_stage_changes_keep_last(struct clinic_stage_changes *changes);

void clinic_stage_changes_free(struct clinic_stage_changes *changes);

#endif
