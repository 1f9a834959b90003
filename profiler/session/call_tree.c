/* Adds the stacks of sessions to a call tree, and sums the weights up. */
#include "session/call_tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "session/session.h"

/* Two nodes with the same key are the same node. */
struct key {
	uint32_t parent;
	uint32_t name;
	uint32_t library;
	uint32_t kind;
};

/* The node of one stack of a session below the threads of one name. */
struct landing {
	uint32_t thread_name; /* text of the session */
	uint32_t stack;       /* 0: the thread itself */
	uint32_t node;
	uint32_t reserved;
};

struct adding {
	struct clinic_call_tree *tree;
	const struct clinic_session *session;
	const struct clinic_frame *frame;
	const struct clinic_stack *stack;
	const struct clinic_thread *thread;
	const struct clinic_library *library;
	struct key *frame_key; /* by frame; kind 0: not made yet */
	struct landing *landing;
	struct clinic_row_index landings;
	size_t landings_capacity;
	uint32_t *path; /* room for the deepest stack */
};

static int append_node(struct clinic_call_tree *tree, const struct key *key)
{
	struct clinic_call_node *grown = clinic_grow(
		tree->node, tree->count, &tree->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	tree->node = grown;
	tree->node[tree->count++] = (struct clinic_call_node){
		.parent = key->parent,
		.name = key->name,
		.library = key->library,
		.kind = key->kind,
	};
	return 0;
}

static int node_of(struct clinic_call_tree *tree, const struct key *key,
		   uint32_t *id)
{
	uint32_t hash = clinic_row_hash(key, sizeof(*key));
	struct clinic_row_cursor at;
	int error;

	for (*id = clinic_row_index_first(&tree->index, hash, &at);
	     *id != CLINIC_NO_ROW;
	     *id = clinic_row_index_next(&tree->index, &at)) {
		const struct clinic_call_node *node = &tree->node[*id];

		if (node->parent == key->parent && node->name == key->name &&
		    node->library == key->library && node->kind == key->kind)
			return 0;
	}
	*id = tree->count;
	error = append_node(tree, key);
	return error ? error : clinic_row_index_add(&tree->index, hash, *id);
}

static int intern(struct clinic_call_tree *tree, const char *text, uint32_t *id)
{
	return clinic_string_table_id(&tree->texts, text, strlen(text), id);
}

static int name_unnamed(struct clinic_call_tree *tree, const char *path,
			uint32_t *name)
{
	const char *slash = strrchr(path, '/');
	char text[128] = "[unknown]";

	if (*path == '[')
		return intern(tree, path, name);
	if (*path) {
		size_t length = strlen(slash ? slash + 1 : path);

		if (length > sizeof(text) - 3)
			length = sizeof(text) - 3;
		memcpy(text + 1, slash ? slash + 1 : path, length);
		memcpy(text + 1 + length, "]", 2);
	}
	return intern(tree, text, name);
}

static int describe_frame(struct adding *a, const struct clinic_frame *frame,
			  struct key *key)
{
	const char *path = clinic_session_text(
		a->session, a->library[frame->library_id].path_id);
	int error;

	if (a->tree->is_by_function_alone)
		path = "";
	error = intern(a->tree, path, &key->library);

	if (error)
		return error;
	key->kind = frame->tier == CLINIC_TIER_KERNEL ? CLINIC_CALL_KERNEL
		    : frame->inlined                  ? CLINIC_CALL_INLINED
		    : frame->function_id              ? CLINIC_CALL_USER
						      : CLINIC_CALL_UNNAMED;
	if (!frame->function_id)
		return name_unnamed(a->tree, path, &key->name);
	return intern(a->tree,
		      clinic_session_text(a->session, frame->function_id),
		      &key->name);
}

/*
 * A frame without a name that was called by another one of the same library
 * adds no knowledge, so both are one node.
 */
static bool is_unnamed_again(const struct clinic_call_node *parent,
			     const struct key *key)
{
	return key->kind == CLINIC_CALL_UNNAMED && parent->kind == key->kind &&
	       parent->library == key->library && parent->name == key->name;
}

static int enter(struct adding *a, uint32_t parent, uint32_t frame_id,
		 uint32_t *node)
{
	struct key *known = &a->frame_key[frame_id];
	struct key key;
	int error = 0;

	if (!known->kind)
		error = describe_frame(a, &a->frame[frame_id], known);
	if (error)
		return error;
	key = *known;
	key.parent = parent;
	if (is_unnamed_again(&a->tree->node[parent], &key)) {
		*node = parent;
		return 0;
	}
	return node_of(a->tree, &key, node);
}

static uint32_t hash_landing(uint32_t thread_name, uint32_t stack)
{
	const uint32_t pair[] = {thread_name, stack};

	return clinic_row_hash(pair, sizeof(pair));
}

/* The node, or CLINIC_NO_ROW if the stack has none yet. */
static uint32_t landed(const struct adding *a, uint32_t thread_name,
		       uint32_t stack)
{
	uint32_t hash = hash_landing(thread_name, stack);
	struct clinic_row_cursor at;

	for (uint32_t i = clinic_row_index_first(&a->landings, hash, &at);
	     i != CLINIC_NO_ROW; i = clinic_row_index_next(&a->landings, &at))
		/* The index has rows only where there are landings. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		if (a->landing[i].thread_name == thread_name &&
		    a->landing[i].stack == stack)
			return a->landing[i].node;
	return CLINIC_NO_ROW;
}

static int land(struct adding *a, uint32_t thread_name, uint32_t stack,
		uint32_t node)
{
	uint32_t count = a->landings.used_count;
	struct landing *grown = clinic_grow(
		a->landing, count, &a->landings_capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	a->landing = grown;
	a->landing[count] = (struct landing){
		.thread_name = thread_name, .stack = stack, .node = node};
	return clinic_row_index_add(&a->landings,
				    hash_landing(thread_name, stack), count);
}

static int land_thread(struct adding *a, uint32_t thread_name, uint32_t *node)
{
	const char *name = clinic_session_text(a->session, thread_name);
	struct key key = {.kind = CLINIC_CALL_THREAD};
	int error = 0;

	*node = 0;
	if (!a->tree->is_by_function_alone) {
		error = intern(a->tree, *name ? name : "[unnamed]", &key.name);
		if (!error)
			error = node_of(a->tree, &key, node);
	}
	return error ? error : land(a, thread_name, 0, *node);
}

/* This does not recurse, because a file may hold stacks of any depth. */
static int node_of_stack(struct adding *a, uint32_t thread_name, uint32_t stack,
			 uint32_t *node)
{
	uint32_t depth = 0;
	int error = 0;

	while ((*node = landed(a, thread_name, stack)) == CLINIC_NO_ROW &&
	       stack) {
		a->path[depth++] = stack;
		stack = a->stack[stack].parent_id;
	}
	if (*node == CLINIC_NO_ROW)
		error = land_thread(a, thread_name, node);
	while (depth-- && !error) {
		stack = a->path[depth];
		error = enter(a, *node, a->stack[stack].frame_id, node);
		if (!error)
			error = land(a, thread_name, stack, *node);
	}
	return error;
}

static void add_to_node(struct clinic_call_node *node, unsigned int side,
			const struct clinic_weighed *row)
{
	node->self[side] += row->value;
	node->total[side] += row->value;
	node->samples_count[side] += row->samples_count;
}

static int add_row(struct adding *a, unsigned int side,
		   const struct clinic_weighed *row)
{
	uint32_t node;
	int error = node_of_stack(a, a->thread[row->thread_id].name_id,
				  row->stack_id, &node);

	if (error)
		return error;
	add_to_node(&a->tree->node[node], side, row);
	a->tree->squares[side] += (double)row->value * (double)row->value;
	return 0;
}

static int start_adding(struct adding *a)
{
	uint32_t frames_count;
	uint32_t stacks_count;
	uint32_t count;

	a->frame =
		clinic_session_rows(a->session, CLINIC_FRAMES, &frames_count);
	a->stack =
		clinic_session_rows(a->session, CLINIC_STACKS, &stacks_count);
	a->thread = clinic_session_rows(a->session, CLINIC_THREADS, &count);
	a->library = clinic_session_rows(a->session, CLINIC_LIBRARIES, &count);
	a->frame_key = calloc(frames_count, sizeof(*a->frame_key));
	a->path = calloc(stacks_count, sizeof(*a->path));
	return a->frame_key && a->path ? 0 : -ENOMEM;
}

int clinic_call_tree_add(struct clinic_call_tree *tree, unsigned int side,
			 const struct clinic_session *session,
			 enum clinic_weight weight)
{
	struct adding a = {.tree = tree, .session = session};
	uint32_t rows = clinic_weight_rows(session, weight);
	int error = start_adding(&a);

	for (uint32_t i = 0; i < rows && !error; i++) {
		struct clinic_weighed row;

		clinic_weight_row(session, weight, i, &row);
		if (row.value)
			error = add_row(&a, side, &row);
	}
	clinic_row_index_clear(&a.landings);
	free(a.landing);
	free(a.frame_key);
	free(a.path);
	return error;
}

int clinic_call_tree_start(struct clinic_call_tree *tree,
			   bool is_by_function_alone)
{
	static const struct key root = {.kind = CLINIC_CALL_ROOT};
	int error;

	*tree = (struct clinic_call_tree){.is_by_function_alone =
						  is_by_function_alone};
	error = clinic_string_table_start(&tree->texts);
	return error ? error : append_node(tree, &root);
}

void clinic_call_tree_sum(struct clinic_call_tree *tree)
{
	for (uint32_t i = tree->count; i-- > 1;) {
		const struct clinic_call_node *node = &tree->node[i];

		struct clinic_call_node *parent = &tree->node[node->parent];

		for (int side = 0; side < CLINIC_CALL_SIDES; side++) {
			parent->total[side] += node->total[side];
			parent->samples_count[side] +=
				node->samples_count[side];
		}
	}
}

int clinic_call_tree_make(struct clinic_call_tree *tree,
			  const struct clinic_session *base,
			  const struct clinic_session *session,
			  enum clinic_weight weight)
{
	int error = clinic_call_tree_start(tree, base != NULL);

	if (!error && base)
		error = clinic_call_tree_add(tree, 0, base, weight);
	if (!error)
		error = clinic_call_tree_add(tree, base ? 1 : 0, session,
					     weight);
	if (!error)
		clinic_call_tree_sum(tree);
	return error;
}

void clinic_call_tree_free(struct clinic_call_tree *tree)
{
	free(tree->node);
	clinic_string_table_free(&tree->texts);
	clinic_row_index_clear(&tree->index);
}

const char *clinic_call_tree_text(const struct clinic_call_tree *tree,
				  uint32_t text)
{
	return tree->texts.row[text].text;
}

static int compare_nodes(const void *left, const void *right, void *context)
{
	const struct clinic_call_tree *tree = context;
	const struct clinic_call_node *a = &tree->node[*(const uint32_t *)left];
	const struct clinic_call_node *b =
		&tree->node[*(const uint32_t *)right];
	int by_name;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	by_name = strcmp(clinic_call_tree_text(tree, a->name),
			 clinic_call_tree_text(tree, b->name));
	if (by_name)
		return by_name;
	return a < b ? -1 : 1;
}

/* Sorts nodes by parent and name, and notes where those of a parent begin. */
static void sort_children(const struct clinic_call_tree *tree, uint32_t *sorted,
			  uint32_t *begin)
{
	union {
		const struct clinic_call_tree *tree;
		void *any;
	} context = {.tree = tree};

	for (uint32_t i = 1; i < tree->count; i++)
		sorted[i - 1] = i;
	qsort_r(sorted, tree->count - 1, sizeof(*sorted), compare_nodes,
		context.any);
	for (uint32_t i = 0; i < tree->count; i++)
		begin[i] = UINT32_MAX;
	for (uint32_t i = tree->count - 1; i-- > 0;)
		begin[tree->node[sorted[i]].parent] = i;
}

static void walk_depth_first(const struct clinic_call_tree *tree,
			     const uint32_t *sorted, uint32_t *next,
			     uint32_t *order)
{
	uint32_t emitted = 0;
	uint32_t node = 0;

	while (emitted + 1 < tree->count) {
		uint32_t at = next[node];

		if (at < tree->count - 1 &&
		    tree->node[sorted[at]].parent == node) {
			next[node]++;
			node = sorted[at];
			order[emitted++] = node;
		} else {
			node = tree->node[node].parent;
		}
	}
}

int clinic_call_tree_by_name(const struct clinic_call_tree *tree,
			     uint32_t **order)
{
	uint32_t *sorted = calloc(tree->count, sizeof(*sorted));
	uint32_t *next = calloc(tree->count, sizeof(*next));

	*order = calloc(tree->count, sizeof(**order));
	if (sorted && next && *order) {
		sort_children(tree, sorted, next);
		walk_depth_first(tree, sorted, next, *order);
	}
	free(sorted);
	free(next);
	if (sorted && next && *order)
		return 0;
	free(*order);
	*order = NULL;
	return -ENOMEM;
}
