/* Joins the two sides of a tree by function and sorts them. */
#include "session/call_change.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Goes depth first; `active` counts each name on the path from the root. */
static void sum_by_name(const struct clinic_call_tree *tree,
			const uint32_t *order, uint32_t *active,
			struct clinic_call_change *change)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i + 1 < tree->count; i++) {
		const struct clinic_call_node *node = &tree->node[order[i]];
		struct clinic_call_change *row = &change[node->name];

		for (; at != node->parent; at = tree->node[at].parent)
			active[tree->node[at].name]--;
		at = order[i];
		for (int side = 0; side < CLINIC_CALL_SIDES; side++) {
			row->self[side] += node->self[side];
			if (!active[node->name])
				row->total[side] += node->total[side];
		}
		active[node->name]++;
	}
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0.0;
}

static double change_of(const struct clinic_call_tree *tree,
			const uint64_t part[CLINIC_CALL_SIDES])
{
	return fabs(share(part[1], tree->node[0].total[1]) -
		    share(part[0], tree->node[0].total[0]));
}

static int compare(const void *left, const void *right, void *tree)
{
	const struct clinic_call_change *a = left;
	const struct clinic_call_change *b = right;
	double by = change_of(tree, b->self) - change_of(tree, a->self);

	if (by >= 0.0 && by <= 0.0)
		by = change_of(tree, b->total) - change_of(tree, a->total);
	if (by < 0.0 || by > 0.0)
		return by > 0.0 ? 1 : -1;
	return a->name < b->name ? -1 : a->name > b->name;
}

/* Keeps the names that have a weight. */
static uint32_t compact(struct clinic_call_change *change, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		if (change[i].total[0] || change[i].total[1])
			change[kept++] = change[i];
	return kept;
}

int clinic_call_changes(const struct clinic_call_tree *tree,
			struct clinic_call_change **change, uint32_t *count)
{
	uint32_t names = tree->texts.count;
	uint32_t *active = calloc(names, sizeof(*active));
	uint32_t *order = NULL;
	union {
		const struct clinic_call_tree *tree;
		void *any;
	} context = {.tree = tree};
	int error = -ENOMEM;

	*change = calloc(names, sizeof(**change));
	if (active && *change)
		error = clinic_call_tree_by_name(tree, &order);
	if (!error) {
		for (uint32_t i = 0; i < names; i++)
			(*change)[i].name = i;
		sum_by_name(tree, order, active, *change);
		*count = compact(*change, names);
		qsort_r(*change, *count, sizeof(**change), compare,
			context.any);
	} else {
		free(*change);
		*change = NULL;
	}
	free(active);
	free(order);
	return error;
}
