/*
 * formats/flame_layout.h - computes where each node of a call tree is drawn,
 * and which libraries have a colour of their own.
 *
 *	depth 1  | main                            |  x, width: shares of 1
 *	depth 2  | parse         | work            |
 *	depth 3  | read |        | hash    |
 *
 * Units      x and width are shares of the whole picture; depth is in rows.
 * Ownership  clinic_flame_layout_free() frees a layout, also after an error.
 * Errors     0 or -ENOMEM.
 */
#ifndef CLINIC_FORMATS_FLAME_LAYOUT_H
#define CLINIC_FORMATS_FLAME_LAYOUT_H

#include <stdbool.h>

#include "session/call_tree.h"

enum { CLINIC_FLAME_LIBRARIES = 7 };

struct clinic_flame_layout {
	uint32_t *order;  /* nodes depth first, without the root */
	uint32_t *depth;  /* by node */
	double *x;        /* by node: left edge */
	double *width;    /* by node */
	uint32_t *colour; /* by text of library, from 1; 0: none */
	uint32_t named[CLINIC_FLAME_LIBRARIES]; /* their texts */
	uint32_t named_count;
	uint32_t deepest; /* of all nodes that are drawn */
	uint32_t left_out_count;
};

/*
 * In a difference, a width is the mean of both sides' shares. Nodes narrower
 * than least_width are counted as left out.
 */
int clinic_flame_layout_make(const struct clinic_call_tree *tree,
			     bool is_difference, double least_width,
			     struct clinic_flame_layout *layout);
void clinic_flame_layout_free(struct clinic_flame_layout *layout);

/* The share of a node in the whole of one side. */
double clinic_flame_ratio(const struct clinic_call_tree *tree, uint32_t node,
			  unsigned int side);

#endif
