/*
 * preload/alloc_layout.h - what the allocation counter keeps in its arena.
 *
 * The arena is a head and then blocks, one after the other, each with its
 * kind and length. Nothing in it is a pointer that a reader must follow:
 * the same bytes serve the running program and whoever reads the file.
 *
 * Units      _count is calls, _bytes is bytes asked for.
 * Threads    a thread block is written by its thread alone, one machine
 *            instruction a counter; anybody may read it at any time.
 * Read next  preload/arena.h, which hands out the blocks.
 */
#ifndef PRELOAD_ALLOC_LAYOUT_H
#define PRELOAD_ALLOC_LAYOUT_H

#include <stdint.h>

#define ARENA_MAGIC   0x31414e4c434c4350ull
#define ARENA_ALIGN   64u
#define ARENA_VERSION 1u

enum block_kind {
	BLOCK_NONE, /* not yet taken, or just being made */
	BLOCK_STAGES,
	BLOCK_THREAD,
};

struct arena_head {
	uint64_t magic;
	uint32_t version;
	uint32_t pid;
	uint64_t used_bytes; /* head included */
	uint64_t lost_count; /* blocks that could not be had */
};

struct arena_block {
	uint32_t kind;
	uint32_t reserved;
	uint64_t bytes; /* this header included */
};

/*
 * Stages form a tree: "dedup" within "batch" is another node than "dedup"
 * alone. Node 0 is the program outside any stage, the last node takes all
 * that would not fit.
 */
#define STAGE_NODES_MAX  256u
#define STAGE_NAME_BYTES 48u
#define STAGE_OUTSIDE    0u
#define STAGE_OVERFLOW   (STAGE_NODES_MAX - 1u)

struct stage_node {
	char name[STAGE_NAME_BYTES]; /* empty: a free slot */
	uint16_t parent;
	uint16_t first_child;
	uint16_t next_sibling; /* 0: none, as node 0 is nobody's sibling */
};

struct stage_table {
	uint32_t used; /* nodes handed out, node 0 not included */
	struct stage_node nodes[STAGE_NODES_MAX];
};

struct stage_counts {
	uint64_t allocations_count;
	uint64_t frees_count;
	uint64_t allocated_bytes;
	uint64_t begins_count;
};

/* Class 0 is size 0; class c >= 1 holds 2^(c-1) .. 2^c - 1. */
#define SIZE_CLASSES 65u

struct thread_block {
	uint32_t tid; /* 0: the threads that were folded into one */
	uint32_t folded_count;
	uint32_t depth; /* > 0: calls are not counted */
	uint16_t stage; /* the node the thread is in */
	uint16_t reserved;
	char name[16];
	uint64_t sizes_count[SIZE_CLASSES];
	struct stage_counts stages[STAGE_NODES_MAX];
};

#endif
