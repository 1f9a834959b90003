/* Adds self and total up per group, and sorts. */
#include "session/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/row_index.h"
#include "session/session.h"

static const char *const group_names[CLINIC_GROUPS] = {
	[CLINIC_BY_FUNCTION] = "function", [CLINIC_BY_LINE] = "line",
	[CLINIC_BY_FILE] = "file",         [CLINIC_BY_LIBRARY] = "library",
	[CLINIC_BY_THREAD] = "thread",     [CLINIC_BY_STAGE] = "stage",
};

const char *clinic_group_name(enum clinic_group group)
{
	return group_names[group];
}

bool clinic_group_find(const char *name, enum clinic_group *group)
{
	for (unsigned int i = 0; i < CLINIC_GROUPS; i++)
		if (!strcmp(name, group_names[i])) {
			*group = i;
			return true;
		}
	return false;
}

/* A weight and the number of samples it was counted in. */
struct sum {
	uint64_t value;
	uint64_t samples_count;
};

struct counting {
	const struct clinic_session *session;
	const struct clinic_frame *frame;
	const struct clinic_stack *stack;
	uint32_t frames_count;
	uint32_t stacks_count;
	struct sum *self;      /* by stack */
	struct sum *subtree;   /* by stack: it and all below */
	uint32_t *first_child; /* by stack; 0: none */
	uint32_t *sibling;     /* by stack; 0: the last */
	uint32_t *group;       /* by frame: its row in the tally */
	uint32_t *active;      /* by row: how often it is on the path */
	uint64_t *best;        /* by frame: self, to choose a row's frame */
	const char *callee;    /* whose callers are counted */
	struct clinic_tally *tally;
};

static void free_counting(struct counting *c)
{
	free(c->self);
	free(c->subtree);
	free(c->first_child);
	free(c->sibling);
	free(c->group);
	free(c->active);
	free(c->best);
}

static int start_counting(struct counting *c)
{
	c->frame = clinic_session_rows(c->session, CLINIC_FRAMES,
				       &c->frames_count);
	c->stack = clinic_session_rows(c->session, CLINIC_STACKS,
				       &c->stacks_count);
	c->self = calloc(c->stacks_count, sizeof(*c->self));
	c->subtree = calloc(c->stacks_count, sizeof(*c->subtree));
	c->first_child = calloc(c->stacks_count, sizeof(*c->first_child));
	c->sibling = calloc(c->stacks_count, sizeof(*c->sibling));
	c->group = calloc(c->frames_count, sizeof(*c->group));
	c->active = calloc(c->frames_count, sizeof(*c->active));
	c->best = calloc(c->frames_count, sizeof(*c->best));
	return c->self && c->subtree && c->first_child && c->sibling &&
			       c->group && c->active && c->best
		       ? 0
		       : -ENOMEM;
}

static void count_whole(struct clinic_tally *tally,
			const struct clinic_weighed *row)
{
	tally->whole += row->value;
	tally->samples_count += row->samples_count;
	tally->squares += (double)row->value * (double)row->value;
}

static void sum_stacks(struct counting *c, enum clinic_weight weight)
{
	uint32_t rows = clinic_weight_rows(c->session, weight);

	for (uint32_t i = 0; i < rows; i++) {
		struct clinic_weighed row;

		clinic_weight_row(c->session, weight, i, &row);
		c->self[row.stack_id].value += row.value;
		c->self[row.stack_id].samples_count += row.samples_count;
		count_whole(c->tally, &row);
	}
}

/* Children have larger numbers than parents: one pass from the end suffices. */
static void link_stacks(struct counting *c)
{
	memcpy(c->subtree, c->self, c->stacks_count * sizeof(*c->self));
	for (uint32_t i = c->stacks_count; i-- > 1;) {
		uint32_t parent = c->stack[i].parent_id;

		c->sibling[i] = c->first_child[parent];
		c->first_child[parent] = i;
		c->subtree[parent].value += c->subtree[i].value;
		c->subtree[parent].samples_count += c->subtree[i].samples_count;
		c->best[c->stack[i].frame_id] += c->self[i].value;
	}
}

/* A frame with only what all frames of its group have in common. */
static struct clinic_frame key_of(const struct clinic_frame *frame,
				  enum clinic_group group)
{
	struct clinic_frame key = {.library_id = frame->library_id};

	if (group == CLINIC_BY_FUNCTION ||
	    (group == CLINIC_BY_LINE && !frame->file_id)) {
		key.function_id = frame->function_id;
	} else if (group != CLINIC_BY_LIBRARY && frame->file_id) {
		key.library_id = 0; /* libraries share a header's lines */
		key.file_id = frame->file_id;
		key.line = group == CLINIC_BY_LINE ? frame->line : 0;
	}
	return key;
}

static int group_frame(struct counting *c, struct clinic_row_index *index,
		       struct clinic_frame *keys, uint32_t frame_id,
		       enum clinic_group group)
{
	struct clinic_frame key = key_of(&c->frame[frame_id], group);
	uint32_t hash = clinic_row_hash(&key, sizeof(key));
	struct clinic_tally *tally = c->tally;
	struct clinic_row_cursor at;
	uint32_t row = clinic_row_index_first(index, hash, &at);

	while (row != CLINIC_NO_ROW && memcmp(&keys[row], &key, sizeof(key)))
		row = clinic_row_index_next(index, &at);
	if (row == CLINIC_NO_ROW) {
		row = tally->count++;
		keys[row] = key;
		tally->row[row].frame_id = frame_id;
		if (clinic_row_index_add(index, hash, row))
			return -ENOMEM;
	}
	c->group[frame_id] = row;
	if (c->best[frame_id] > c->best[tally->row[row].frame_id])
		tally->row[row].frame_id = frame_id;
	return 0;
}

static int group_frames(struct counting *c, enum clinic_group group)
{
	struct clinic_frame *keys = calloc(c->frames_count, sizeof(*keys));
	struct clinic_row_index index = {0};
	int error = 0;

	c->tally->row = calloc(c->frames_count, sizeof(*c->tally->row));
	if (!keys || !c->tally->row)
		error = -ENOMEM;
	for (uint32_t i = 0; i < c->frames_count && !error; i++)
		error = group_frame(c, &index, keys, i, group);
	clinic_row_index_clear(&index);
	free(keys);
	return error;
}

static struct clinic_tally_row *row_of(const struct counting *c, uint32_t stack)
{
	return &c->tally->row[c->group[c->stack[stack].frame_id]];
}

typedef void visit_function(struct counting *c, uint32_t stack);

/* Walks depth first and keeps `active` up to date. The walk does not recurse,
 * because a file may hold stacks of any depth. `visit` is called only for the
 * outermost frame of a group. */
static void walk(struct counting *c, visit_function *visit)
{
	uint32_t stack = c->first_child[0];

	while (stack) {
		if (!c->active[c->group[c->stack[stack].frame_id]]++)
			visit(c, stack);
		if (c->first_child[stack]) {
			stack = c->first_child[stack];
			continue;
		}
		while (stack) {
			c->active[c->group[c->stack[stack].frame_id]]--;
			if (c->sibling[stack])
				break;
			stack = c->stack[stack].parent_id;
		}
		stack = c->sibling[stack];
	}
}

static void count_total(struct counting *c, uint32_t stack)
{
	struct clinic_tally_row *row = row_of(c, stack);

	row->total += c->subtree[stack].value;
	row->total_samples_count += c->subtree[stack].samples_count;
}

static void count_self(struct counting *c)
{
	for (uint32_t i = 1; i < c->stacks_count; i++) {
		struct clinic_tally_row *row = row_of(c, i);

		row->self += c->self[i].value;
		row->self_samples_count += c->self[i].samples_count;
	}
}

/* Samples whose stack could not be walked count for frame 0, "unknown". */
static void count_rootless(struct counting *c)
{
	struct clinic_tally_row *row = &c->tally->row[c->group[0]];

	row->self += c->self[0].value;
	row->total += c->self[0].value;
	row->self_samples_count += c->self[0].samples_count;
	row->total_samples_count += c->self[0].samples_count;
}

static int compare_rows(const void *left, const void *right)
{
	const struct clinic_tally_row *a = left;
	const struct clinic_tally_row *b = right;

	if (a->self != b->self)
		return a->self > b->self ? -1 : 1;
	if (a->total != b->total)
		return a->total > b->total ? -1 : 1;
	if (a->frame_id != b->frame_id)
		return a->frame_id < b->frame_id ? -1 : 1;
	return a->thread_id + a->stage_id < b->thread_id + b->stage_id ? -1 : 1;
}

/* Sorts the heaviest first and leaves out rows without weight. */
static void sort_rows(struct clinic_tally *tally)
{
	if (tally->count)
		qsort(tally->row, tally->count, sizeof(*tally->row),
		      compare_rows);
	while (tally->count && !tally->row[tally->count - 1].total)
		tally->count--;
}

static int tally_frames(struct counting *c, enum clinic_group group,
			enum clinic_weight weight)
{
	int error = start_counting(c);

	if (error)
		return error;
	sum_stacks(c, weight);
	link_stacks(c);
	error = group_frames(c, group);
	if (error)
		return error;
	count_self(c);
	walk(c, count_total);
	count_rootless(c);
	return 0;
}

/* Threads and stages do not call each other: their self is their total. */
static int tally_rows(const struct clinic_session *session,
		      enum clinic_group group, enum clinic_weight weight,
		      struct clinic_tally *tally)
{
	bool by_thread = group == CLINIC_BY_THREAD;
	uint32_t rows = clinic_weight_rows(session, weight);

	clinic_session_rows(session, by_thread ? CLINIC_THREADS : CLINIC_STAGES,
			    &tally->count);
	tally->row = calloc(tally->count, sizeof(*tally->row));
	if (!tally->row)
		return -ENOMEM;
	for (uint32_t i = 0; i < tally->count; i++)
		*(by_thread ? &tally->row[i].thread_id
			    : &tally->row[i].stage_id) = i;
	for (uint32_t i = 0; i < rows; i++) {
		struct clinic_tally_row *row;
		struct clinic_weighed weighed;

		clinic_weight_row(session, weight, i, &weighed);
		row = &tally->row[by_thread ? weighed.thread_id
					    : weighed.stage_id];
		row->self += weighed.value;
		row->self_samples_count += weighed.samples_count;
		row->total = row->self;
		row->total_samples_count = row->self_samples_count;
		count_whole(tally, &weighed);
	}
	return 0;
}

int clinic_tally_make(const struct clinic_session *session,
		      enum clinic_group group, enum clinic_weight weight,
		      struct clinic_tally *tally)
{
	struct counting c = {.session = session, .tally = tally};
	int error;

	*tally = (struct clinic_tally){0};
	if (group == CLINIC_BY_THREAD || group == CLINIC_BY_STAGE)
		error = tally_rows(session, group, weight, tally);
	else
		error = tally_frames(&c, group, weight);
	free_counting(&c);
	if (error) {
		clinic_tally_free(tally);
		return error;
	}
	sort_rows(tally);
	return 0;
}

static void count_caller(struct counting *c, uint32_t stack)
{
	const struct clinic_frame *frame = &c->frame[c->stack[stack].frame_id];
	uint32_t caller = c->stack[stack].parent_id;
	struct clinic_tally_row *row = row_of(c, caller);

	if (strcmp(clinic_session_text(c->session, frame->function_id),
		   c->callee) != 0)
		return;
	row->total += c->subtree[stack].value;
	row->total_samples_count += c->subtree[stack].samples_count;
	c->tally->whole += c->subtree[stack].value;
	c->tally->samples_count += c->subtree[stack].samples_count;
}

/* Restricts the tally, and the sum of squares, to samples of the callee. */
static void narrow_to_callee(struct counting *c)
{
	double before = (double)c->tally->whole;

	c->tally->whole = 0;
	c->tally->samples_count = 0;
	walk(c, count_caller);
	if (before > 0.0)
		c->tally->squares *= (double)c->tally->whole / before;
	sort_rows(c->tally);
}

int clinic_tally_callers(const struct clinic_session *session,
			 const char *callee, enum clinic_weight weight,
			 struct clinic_tally *tally)
{
	struct counting c = {
		.session = session, .tally = tally, .callee = callee};
	int error;

	*tally = (struct clinic_tally){0};
	error = start_counting(&c);
	if (!error) {
		sum_stacks(&c, weight);
		link_stacks(&c);
		error = group_frames(&c, CLINIC_BY_FUNCTION);
	}
	if (!error)
		narrow_to_callee(&c);
	free_counting(&c);
	if (error)
		clinic_tally_free(tally);
	return error;
}

void clinic_tally_free(struct clinic_tally *tally)
{
	free(tally->row);
	*tally = (struct clinic_tally){0};
}
