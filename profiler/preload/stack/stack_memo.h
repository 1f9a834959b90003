/*
 * preload/stack/stack_memo.h - the walks that need not be made again.
 *
 * A walk notes each word of the stack that it depended on. When a thread
 * comes back to the same place and all those words are unchanged, a walk
 * could only end the same way, so it is not made again: that comparison is
 * all that most allocations pay. It is inlined, and branches little:
 * a frame's saved frame pointer and return address are one vector.
 *
 *	tags[set]   key of frame and stage -> memo
 *	memo        site | pairs of words | single words    as last walked
 *	                        |                |
 *	                    compared with  compared with
 *	                        v                v
 *	stack       frame: fp, return address ... saved fp ...    as it is now
 *
 * Memory     a thread's own; at most STACK_MEMO_BYTES of walks, then it
 *            begins anew.
 * Signals    not to be entered again from a handler: the caller sees to it.
 * Read next  preload/stack/stack_walk.h, who makes the walks.
 */
#ifndef PRELOAD_STACK_STACK_MEMO_H
#define PRELOAD_STACK_STACK_MEMO_H

#include "preload/stack/stack_tables.h"
#include "preload/stack/stack_walk.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STACK_MEMO_SETS  256u
#define STACK_MEMO_WAYS  4u
#define STACK_MEMO_BYTES ((size_t)1 << 20)

/* Anywhere on a stack, where no type is declared. */
typedef uint64_t stack_two
	__attribute__((vector_size(16), aligned(8), may_alias));
typedef uint64_t stack_one __attribute__((may_alias));
/* Of ours: aligned, so that one instruction loads and compares it. */
typedef uint64_t memo_two __attribute__((vector_size(16)));

/*
 * Words in groups that are compared without a branch, the last one filled up
 * with what is already in it. Offsets are from the frame: of two neighbouring
 * words, as a frame pointer and a return address are, or of one.
 */
#define STACK_MEMO_GROUP 4u

struct memo_pairs {
	memo_two words[STACK_MEMO_GROUP];
	uint32_t offset[STACK_MEMO_GROUP];
};

struct memo_singles {
	_Alignas(16) uint64_t word[STACK_MEMO_GROUP];
	uint32_t offset[STACK_MEMO_GROUP];
};

struct stack_memo {
	_Alignas(16) uint32_t site;
	uint16_t pairs_groups;
	uint16_t singles_groups;
	struct memo_pairs pairs[]; /* then the singles */
};

/* The frame, in 48 bits, and the stage; 0: nothing there. */
struct memo_tag {
	uint64_t key;
	struct stack_memo *memo;
};

struct stack_memos {
	struct memo_tag tags[STACK_MEMO_SETS][STACK_MEMO_WAYS];
	uint64_t unloads_count; /* stack_unloads_count when last forgotten */
	size_t used_bytes;
	uint8_t next_way[STACK_MEMO_SETS];
	_Alignas(16) char bytes[STACK_MEMO_BYTES];
};

/* Zeroed memory is an empty one. */
struct stack_memos *stack_memos_new(void); /* NULL: no memory */
void stack_memos_free(struct stack_memos *memos);

/* Before a walk: forgets all, if since the last time a library was closed. */
void stack_memos_refresh(struct stack_memos *memos);

/*
 * Nothing is kept of a walk that depended on more than its words, which are
 * put in order here.
 */
void stack_memo_keep(struct stack_memos *memos, const struct stack_entry *entry,
		     uint16_t stage, struct stack *stack, uint32_t site);

static inline uint64_t stack_memo_key(const struct stack_entry *entry,
				      uint16_t stage)
{
	return (uint64_t)entry->frame | (uint64_t)stage << 48;
}

static inline size_t stack_memo_set(const struct stack_entry *entry)
{
	uint64_t place = (uint64_t)entry->frame * 3 + entry->frame[1];

	return place * UINT64_C(0x9e3779b97f4a7c15) >> 56;
}

/* {0}: nothing has changed. */
static inline memo_two memo_group_change(const struct memo_pairs *group,
					 const char *frame)
{
	memo_two change = {0};

#pragma GCC unroll 4
	for (size_t i = 0; i < STACK_MEMO_GROUP; i++) {
		const void *at = frame + group->offset[i];

		change |= *(const stack_two *)at ^ group->words[i];
	}
	return change;
}

static inline bool memo_pairs_hold(const struct memo_pairs *group,
				   const struct memo_pairs *end,
				   const char *frame)
{
	memo_two change;

	if (group == end)
		return true;
	change = memo_group_change(group, frame);
	/* Stacks of one place and one caller mostly differ nearby. */
	if (change[0] | change[1])
		return false;
	while (++group != end)
		change |= memo_group_change(group, frame);
	return !(change[0] | change[1]);
}

static inline bool memo_group_holds(const struct memo_singles *group,
				    const char *frame)
{
	uint64_t change = 0;

#pragma GCC unroll 4
	for (size_t i = 0; i < STACK_MEMO_GROUP; i++) {
		const void *at = frame + group->offset[i];

		change |= *(const stack_one *)at ^ group->word[i];
	}
	return !change;
}

static inline bool memo_singles_hold(const struct memo_singles *group,
				     const struct memo_singles *end,
				     const char *frame)
{
	for (; group != end; group++)
		if (!memo_group_holds(group, frame))
			return false;
	return true;
}

static inline bool stack_memo_holds(const struct stack_memo *memo,
				    const char *frame)
{
	const struct memo_pairs *pairs = memo->pairs;
	const struct memo_pairs *pairs_end = pairs + memo->pairs_groups;
	const void *rest = pairs_end;
	const struct memo_singles *singles = rest;

	return memo_pairs_hold(pairs, pairs_end, frame) &&
	       memo_singles_hold(singles, singles + memo->singles_groups,
				 frame);
}

/*
 * The site that stack_memo_keep was given for this very stack in this stage;
 * 0: not seen before, or forgotten.
 */
static inline uint32_t stack_memo_recall(struct stack_memos *memos,
					 const struct stack_entry *entry,
					 uint16_t stage)
{
	const struct memo_tag *tag = memos->tags[stack_memo_set(entry)];
	uint64_t key = stack_memo_key(entry, stage);

	if (memos->unloads_count !=
	    atomic_load_explicit(&stack_unloads_count, memory_order_relaxed))
		return 0;
	for (size_t way = 0; way < STACK_MEMO_WAYS; way++, tag++)
		if (tag->key == key &&
		    stack_memo_holds(tag->memo, (const char *)entry->frame))
			return tag->memo->site;
	return 0;
}

#endif
