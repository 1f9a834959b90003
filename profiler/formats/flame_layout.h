/*
 * formats/flame_layout.h - where each node of a call tree stands, and which
 * libraries have a colour of their own.
 *
 * Units      x and width are shares of the whole picture; depth is rows.
 * Errors     0 or -errno: -ENOMEM. A layout that failed can be freed.
 */
#ifndef CLINIC_FORMATS_FLAME_LAYOUT_H
#define CLINIC_FORMATS_FLAME_LAYOUT_H

#include <stdbool.h>

#include "session/call_tree.h"

enum { CLINIC_FLAME_LIBRARIES = 7 };

struct clinic_flame_layout {
	uint32_t *order;  /* of nodes, depth first, without the root */
	uint32_t *depth;  /* by node */
	double *x;        /* by node: left edge */
	double *width;    /* by node */
	uint32_t *colour; /* by library text: 1 the largest; 0 has none */
	uint32_t named[CLINIC_FLAME_LIBRARIES]; /* their texts */
	uint32_t named_count;
	uint32_t deepest; /* of what is wide enough to be seen */
	uint32_t left_out_count;
};

/* Of a difference, widths are the mean of both sides' shares. */
int clinic_flame_layout_make(const struct clinic_call_tree *tree,
			     bool is_difference, double least_width,
			     struct clinic_flame_layout *layout);
void clinic_flame_layout_free(struct clinic_flame_layout *layout);

/* A node's share of the whole of its side. */
double clinic_flame_ratio(const struct clinic_call_tree *tree, uint32_t node,
			  unsigned int side);

#endif
