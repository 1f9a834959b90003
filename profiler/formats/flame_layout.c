/* Computes the place of each node, and chooses the colours of libraries. */
#include "formats/flame_layout.h"

#include <errno.h>
#include <stdlib.h>

double clinic_flame_ratio(const struct clinic_call_tree *tree, uint32_t node,
			  unsigned int side)
{
	uint64_t whole = tree->node[0].total[side];

	return whole ? (double)tree->node[node].total[side] / (double)whole
		     : 0.0;
}

static double width_of(const struct clinic_call_tree *tree, uint32_t node,
		       bool is_difference)
{
	double base = clinic_flame_ratio(tree, node, 0);

	if (!is_difference)
		return base;
	return (base + clinic_flame_ratio(tree, node, 1)) / 2.0;
}

/* next[node] is where the next child of that node begins. */
static void place_nodes(const struct clinic_call_tree *tree, bool is_difference,
			double least_width, struct clinic_flame_layout *layout,
			double *next)
{
	layout->width[0] = 1.0;
	for (uint32_t i = 0; i + 1 < tree->count; i++) {
		uint32_t node = layout->order[i];
		uint32_t parent = tree->node[node].parent;

		layout->width[node] = width_of(tree, node, is_difference);
		layout->x[node] = next[parent];
		next[node] = next[parent];
		next[parent] += layout->width[node];
		layout->depth[node] = layout->depth[parent] + 1;
		if (layout->width[node] < least_width)
			layout->left_out_count++;
		else if (layout->depth[node] > layout->deepest)
			layout->deepest = layout->depth[node];
	}
}

struct library_size {
	uint32_t text;
	double area;
};

static int compare_sizes(const void *left, const void *right)
{
	const struct library_size *a = left;
	const struct library_size *b = right;

	if (a->area > b->area || a->area < b->area)
		return a->area > b->area ? -1 : 1;
	return a->text < b->text ? -1 : a->text > b->text;
}

/* The libraries that cover most of the picture get a colour of their own. */
static int choose_colours(const struct clinic_call_tree *tree,
			  struct clinic_flame_layout *layout)
{
	uint32_t texts = tree->texts.count;
	struct library_size *size = calloc(texts, sizeof(*size));

	if (!size)
		return -ENOMEM;
	for (uint32_t i = 0; i < texts; i++)
		size[i].text = i;
	for (uint32_t i = 1; i < tree->count; i++) {
		const struct clinic_call_node *node = &tree->node[i];

		if (node->kind != CLINIC_CALL_KERNEL)
			size[node->library].area +=
				(double)node->total[0] + (double)node->total[1];
	}
	qsort(size, texts, sizeof(*size), compare_sizes);
	for (uint32_t i = 0;
	     i < texts && layout->named_count < CLINIC_FLAME_LIBRARIES; i++) {
		if (!size[i].text || size[i].area <= 0.0)
			continue;
		layout->named[layout->named_count++] = size[i].text;
		layout->colour[size[i].text] = layout->named_count;
	}
	free(size);
	return 0;
}

static int allocate(const struct clinic_call_tree *tree,
		    struct clinic_flame_layout *layout)
{
	*layout = (struct clinic_flame_layout){
		.depth = calloc(tree->count, sizeof(*layout->depth)),
		.x = calloc(tree->count, sizeof(*layout->x)),
		.width = calloc(tree->count, sizeof(*layout->width)),
		.colour = calloc(tree->texts.count, sizeof(*layout->colour)),
	};
	if (!layout->depth || !layout->x || !layout->width || !layout->colour)
		return -ENOMEM;
	return clinic_call_tree_by_name(tree, &layout->order);
}

int clinic_flame_layout_make(const struct clinic_call_tree *tree,
			     bool is_difference, double least_width,
			     struct clinic_flame_layout *layout)
{
	double *next = calloc(tree->count, sizeof(*next));
	int error = allocate(tree, layout);

	if (!error)
		error = next ? choose_colours(tree, layout) : -ENOMEM;
	if (!error)
		place_nodes(tree, is_difference, least_width, layout, next);
	free(next);
	return error;
}

void clinic_flame_layout_free(struct clinic_flame_layout *layout)
{
	free(layout->order);
	free(layout->depth);
	free(layout->x);
	free(layout->width);
	free(layout->colour);
}
