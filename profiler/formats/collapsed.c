/* Writes each stack as one line of text, as a format. */
#include "formats/collapsed.h"

#include <errno.h>
#include <stdlib.h>

#include "formats/format.h"
#include "foundation/output_file.h"
#include "foundation/terminal_text.h"

static void write_name(struct clinic_out *out,
		       const struct clinic_call_tree *tree,
		       const struct clinic_call_node *node)
{
	const char *name =
		clinic_terminal_text(clinic_call_tree_text(tree, node->name));

	for (; *name; name++) {
		char byte = *name == ';' ? ':' : *name;

		clinic_out_bytes(out, &byte, 1);
	}
	if (node->kind == CLINIC_CALL_KERNEL)
		clinic_out_text(out, "_[k]");
	if (node->kind == CLINIC_CALL_INLINED)
		clinic_out_text(out, "_[i]");
}

static void write_stack(struct clinic_out *out,
			const struct clinic_call_tree *tree, uint32_t node,
			uint32_t *path)
{
	uint32_t depth = 0;

	for (; node; node = tree->node[node].parent)
		path[depth++] = node;
	while (depth--) {
		write_name(out, tree, &tree->node[path[depth]]);
		if (depth)
			clinic_out_bytes(out, ";", 1);
	}
}

static void write_line(struct clinic_out *out,
		       const struct clinic_call_tree *tree, uint32_t node,
		       unsigned int sides_count, uint32_t *path)
{
	write_stack(out, tree, node, path);
	for (unsigned int side = 0; side < sides_count; side++) {
		clinic_out_bytes(out, " ", 1);
		clinic_out_u64(out, tree->node[node].self[side]);
	}
	clinic_out_bytes(out, "\n", 1);
}

int clinic_collapsed_write(const struct clinic_call_tree *tree,
			   unsigned int sides_count, const char *path)
{
	struct clinic_out *out;
	uint32_t *stack = calloc(tree->count, sizeof(*stack));
	uint32_t *order = NULL;
	int error = stack ? clinic_call_tree_by_name(tree, &order) : -ENOMEM;

	if (!error)
		error = clinic_out_open(&out, path);
	for (uint32_t i = 0; !error && i + 1 < tree->count; i++) {
		const struct clinic_call_node *node = &tree->node[order[i]];

		if (node->self[0] || node->self[1])
			write_line(out, tree, order[i], sides_count, stack);
	}
	free(order);
	free(stack);
	return error ? error : clinic_out_close(out);
}

static int write_collapsed(const struct clinic_session *session,
			   const struct clinic_format_options *options,
			   const char *path)
{
	struct clinic_call_tree tree;
	int error = clinic_call_tree_make(&tree, options->base, session,
					  options->weight);

	if (!error)
		error = clinic_collapsed_write(&tree, options->base ? 2 : 1,
					       path);
	clinic_call_tree_free(&tree);
	return error;
}

static const struct clinic_format collapsed = {
	.name = "collapsed",
	.suffix = ".collapsed",
	.summary = "one line per stack, for other tools",
	.tables_kept = 1u << CLINIC_STACKS,
	.shows_difference = true,
	.write = write_collapsed,
};
CLINIC_FORMAT(collapsed);
