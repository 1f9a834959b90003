/*
 * preload/stack/stack_memo.h - remembers walks, so that they need not be
 * repeated.
 *
 * A walk notes each word of the stack that it depended on. When a thread
 * comes back to the same place and all those words are unchanged, another walk
 * would have the same result. Most allocations cost only that comparison. It is
 * inlined and has few branches: a frame's saved frame pointer and return
 * address are compared as one vector.
 *
 *	tags[set]   key of frame and stage -> memo
 *	memo        site | pairs of words | single words    as last walked
 *	                        |                |
 *	                    compared with  compared with
 *	                        v                v
 *	stack       frame: fp, return address ... saved fp ...    as it is now
 *
 * Memory     each thread has memos of its own. When they exceed
 *            STACK_MEMO_BYTES, all of them are forgotten.
 * Signals    a caller makes sure that a signal handler does not use the memos
 *            that it has interrupted.
 * Read next  preload/stack/stack_walk.h, which makes the walks.
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

/* Words of a stack, of which we do not know the types. */
typedef uint64_t stack_two
	__attribute__((vector_size(16), aligned(8), may_alias));
typedef uint64_t stack_one __attribute__((may_alias));
/* Two words of a memo: aligned, so that one instruction loads them. */
typedef uint64_t memo_two __attribute__((vector_size(16)));

/*
 * A group is compared without a branch. If a group is not full, its last entry
 * is repeated. An offset is the distance in bytes from the hook's frame: to two
 * neighbouring words, as a frame pointer and a return address are, or to one
 * word.
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
	struct memo_pairs pairs[]; /* the memo_singles follow */
};

/* The key is the frame's address in 48 bits and the stage; 0: no memo. */
struct memo_tag {
	uint64_t key;
	struct stack_memo *memo;
};

struct stack_memos {
	struct memo_tag tags[STACK_MEMO_SETS][STACK_MEMO_WAYS];
	/* stack_unloads_count when the memos were last forgotten */
	uint64_t unloads_count;
	size_t used_bytes;
	uint8_t next_way[STACK_MEMO_SETS];
	_Alignas(16) char bytes[STACK_MEMO_BYTES];
};

/* NULL: there is no memory. */
struct stack_memos *stack_memos_new(void);
void stack_memos_free(struct stack_memos *memos);

/*
 * To be called before a walk: forgets all memos if a library has been closed
 * since the last call.
 */
void stack_memos_refresh(struct stack_memos *memos);

/*
 * Keeps the site of this walk. A walk whose result depended on more than the
 * words that it noted is not kept. The words are sorted here.
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

/* The result is {0} if nothing has changed. */
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
	/* Stacks with the same innermost call differ mostly in this group. */
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
 * The site that stack_memo_keep was given for the same stack in this stage; 0:
 * there is no memo of it.
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
