/*
 * session/call_tree.h - who called whom, by name, with the weight of each.
 *
 * Unlike the stacks of a session, nodes are one per function whatever the
 * address, and below one node per thread name. Two sessions can be added to
 * one tree: that is a difference. Two builds of a program differ in file
 * and thread names without a reason, so a difference goes by function alone.
 *
 * Ownership  the tree copies the texts it needs; sessions may be freed.
 * Errors     0 or -errno; a tree that failed is only good for freeing.
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
	CLINIC_CALL_UNNAMED, /* at most its library is known */
};

enum { CLINIC_CALL_SIDES = 2 };

struct clinic_call_node {
	uint32_t parent;
	uint32_t name;    /* text */
	uint32_t library; /* text: its path */
	uint32_t kind;    /* enum clinic_call_kind */
	uint64_t self[CLINIC_CALL_SIDES];
	uint64_t total[CLINIC_CALL_SIDES];         /* of its subtree; ... */
	uint64_t samples_count[CLINIC_CALL_SIDES]; /* ... so are these */
};

struct clinic_call_tree {
	struct clinic_call_node *node;
	uint32_t count;
	size_t capacity;
	struct clinic_string_table texts;
	struct clinic_row_index index;
	bool is_by_function_alone; /* no threads, no libraries */
	/* Sum of the squared values: with it, a share has an interval. */
	double squares[CLINIC_CALL_SIDES];
};

int clinic_call_tree_start(struct clinic_call_tree *tree,
			   bool is_by_function_alone);
int clinic_call_tree_add(struct clinic_call_tree *tree, unsigned int side,
			 const struct clinic_session *session,
			 enum clinic_weight weight);
void clinic_call_tree_sum(struct clinic_call_tree *tree);
/* All of these: of one session, or (base is not NULL) of the change from base,
 * which is side 0, to the session, which is side 1. */
int clinic_call_tree_make(struct clinic_call_tree *tree,
			  const struct clinic_session *base,
			  const struct clinic_session *session,
			  enum clinic_weight weight);
void clinic_call_tree_free(struct clinic_call_tree *tree);

const char *clinic_call_tree_text(const struct clinic_call_tree *tree,
				  uint32_t text);
/* All node numbers but 0, depth first, siblings by name: the caller frees. */
int clinic_call_tree_by_name(const struct clinic_call_tree *tree,
			     uint32_t **order);

#endif
