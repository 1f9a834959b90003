/*
 * formats/flamegraph.h - a call tree as one self-contained SVG.
 *
 * Readable as a still picture (labels, colours by library with a legend,
 * tooltips) and, in a browser, by itself interactive: click to zoom, search
 * by regular expression, share and samples of what the pointer is on.
 * Frames narrower than a tenth of a pixel are left out.
 *
 * With two sides it is a difference: width is the mean of both runs' shares,
 * so that what has gone is seen too; red grew, blue shrank.
 *
 * Errors     0 or -errno; -ENODATA when the tree has no weight at all.
 */
#ifndef CLINIC_FORMATS_FLAMEGRAPH_H
#define CLINIC_FORMATS_FLAMEGRAPH_H

#include <stdbool.h>

#include "session/call_tree.h"

struct clinic_flamegraph_options {
	const char *title;
	const char *subtitle; /* what was measured, and how well */
	enum clinic_weight weight;
	bool is_icicle;     /* the root on top */
	bool is_difference; /* the tree has two sides */
};

int clinic_flamegraph_write(const struct clinic_call_tree *tree,
			    const struct clinic_flamegraph_options *options,
			    const char *path);

#endif
