/*
 * formats/flamegraph.h - draws a call tree as one self-contained SVG file.
 *
 * As a still picture it has labels, tooltips, and colours by library with a
 * legend. In a browser it is interactive without other files: a click zooms,
 * regular expressions search, and the frame below the pointer is described by
 * its share and samples. Frames narrower than a tenth of a pixel are left out.
 *
 * A tree with two sides is drawn as a difference. The width of a frame is the
 * mean of its shares in both runs, so that frames that only the base has are
 * drawn, too. Red frames have grown, blue ones have shrunk.
 *
 * Errors     0 or -errno; -ENODATA: the tree has no weight.
 * Read next  flame_layout.h.
 */
#ifndef CLINIC_FORMATS_FLAMEGRAPH_H
#define CLINIC_FORMATS_FLAMEGRAPH_H

#include <stdbool.h>

#include "session/call_tree.h"

struct clinic_flamegraph_options {
	const char *title;
	const char *subtitle; /* what was measured, and how well */
	enum clinic_weight weight;
	bool is_icicle;     /* the root is on top */
	bool is_difference; /* the tree has two sides */
};

int clinic_flamegraph_write(const struct clinic_call_tree *tree,
			    const struct clinic_flamegraph_options *options,
			    const char *path);

#endif
