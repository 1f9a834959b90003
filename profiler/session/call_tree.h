/*
 * session/call_tree.h - who called whom, by name, with the weight of each.
 *
 * A session has one stack per address; a tree has one node per function, below
 * one node per thread name. Two sessions in one tree make a difference. Two
 * builds of a program may have other file and thread names although nothing
 * has changed, so a difference compares functions by their names alone.
 *
 * Ownership  the tree copies the texts it needs; sessions may be freed.
 * Errors     0 or -errno; after an error a tree can only be freed.
 * Order      a parent has a smaller number than its children; node 0 is
 *            the root, which has no name.
 */
#ifndef CLINIC_SESSION_CALL_TREE_H
#define CLINIC_SESSION_CALL_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "foundation/row_index.h"
#include "foundation/string_table.h"
#include "session/weight.h"

struct clinic_session;

enum clinic_call_kind {
	CLINIC_CALL_ROOT,
	CLINIC_CALL_THREAD,
	CLINIC_CALL_USER,
	CLINIC_CALL_INLINED,
	CLINIC_CALL_KERNEL,
	CLINIC_CALL_UNNAMED, /* no more than its library is known */
};

enum { CLINIC_CALL_SIDES = 2 };

struct clinic_call_node {
	uint32_t parent;
	uint32_t name;    /* text */
	uint32_t library; /* text: its path */
	uint32_t kind;    /* enum clinic_call_kind */
	uint64_t self[CLINIC_CALL_SIDES];
	uint64_t total[CLINIC_CALL_SIDES];         /* of its subtree */
	uint64_t samples_count[CLINIC_CALL_SIDES]; /* likewise */
};

struct clinic_call_tree {
	struct clinic_call_node *node;
	uint32_t count;
	size_t capacity;
	struct clinic_string_table texts;
	struct clinic_row_index index;
	bool is_by_function_alone; /* no threads, no libraries */
	/* Sums of the squared values, from which share.h makes intervals. */
	double squares[CLINIC_CALL_SIDES];
};

int clinic_call_tree_start(struct clinic_call_tree *tree,
			   bool is_by_function_alone);
int clinic_call_tree_add(struct clinic_call_tree *tree, unsigned int side,
			 const struct clinic_session *session,
			 enum clinic_weight weight);
void clinic_call_tree_sum(struct clinic_call_tree *tree);
/*
 * Makes the tree of one session (base is NULL), or of a difference: base is
 * side 0, the session is side 1.
 */
int clinic_call_tree_make(struct clinic_call_tree *tree,
			  const struct clinic_session *base,
			  const struct clinic_session *session,
			  enum clinic_weight weight);
void clinic_call_tree_free(struct clinic_call_tree *tree);

const char *clinic_call_tree_text(const struct clinic_call_tree *tree,
				  uint32_t text);
/* All nodes but 0, depth first, siblings by name. The caller frees them. */
int clinic_call_tree_by_name(const struct clinic_call_tree *tree,
			     uint32_t **order);

#endif
