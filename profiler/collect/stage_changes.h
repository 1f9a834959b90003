/*
 * stage_changes.h - when each thread entered and left its stages: told apart
 * from the samples, and joined with them by time.
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

/* From time_ns on, the thread is in that stage; -ENOMEM. In any order. */
int clinic_stage_changes_add(struct clinic_stage_changes *changes, uint32_t tid,
			     uint64_t time_ns, uint32_t stage_id);

/* Once, before asking. */
void clinic_stage_changes_sort(struct clinic_stage_changes *changes);

/* The stage of the thread at that time; 0 before its first. */
uint32_t clinic_stage_changes_at(const struct clinic_stage_changes *changes,
				 uint32_t tid, uint64_t time_ns);

/* All but the last of each thread; sorted. */
void clinic_stage_changes_keep_last(struct clinic_stage_changes *changes);

void clinic_stage_changes_free(struct clinic_stage_changes *changes);

#endif
