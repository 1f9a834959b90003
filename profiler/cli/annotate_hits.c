/* Collects the addresses and lines of one function from a session. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/annotate.h"
#include "foundation/growing_array.h"
#include "session/session.h"
#include "session/weight.h"

struct collecting {
	struct clinic_annotation *annotation;
	const struct clinic_frame *frame;
	const struct clinic_stack *stack;
	size_t capacity;
	double squares;
	enum clinic_weight weight;
};

static int add_hit(struct collecting *c, const struct clinic_hit *hit)
{
	struct clinic_annotation *a = c->annotation;

	struct clinic_hit *grown = clinic_grow(a->hit, a->hits_count,
					       &c->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	a->hit = grown;
	a->hit[a->hits_count++] = *hit;
	return 0;
}

/*
 * The innermost frame and the functions into which it is inlined have the same
 * address; the function that is annotated may be any of them.
 */
static int add_sample(struct collecting *c, const struct clinic_weighed *row)
{
	const struct clinic_frame *leaf =
		&c->frame[c->stack[row->stack_id].frame_id];
	uint32_t stack = row->stack_id;

	for (; stack; stack = c->stack[stack].parent_id) {
		const struct clinic_frame *frame =
			&c->frame[c->stack[stack].frame_id];
		const struct clinic_hit hit = {
			.library_id = frame->library_id,
			.file_id = frame->file_id,
			.line = frame->line,
			.address = leaf->address,
			.value = row->value,
			.samples_count = row->samples_count,
		};

		if (!strcmp(clinic_session_text(c->annotation->session,
						frame->function_id),
			    c->annotation->function))
			return add_hit(c, &hit);
		if (!frame->inlined)
			break;
	}
	return 0;
}

static int compare_places(const void *left, const void *right)
{
	const struct clinic_hit *a = left;
	const struct clinic_hit *b = right;

	if (a->library_id != b->library_id)
		return a->library_id < b->library_id ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->file_id != b->file_id)
		return a->file_id < b->file_id ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

static void join_equal(struct clinic_annotation *a)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < a->hits_count; i++) {
		a->value += a->hit[i].value;
		if (kept && !compare_places(&a->hit[kept - 1], &a->hit[i])) {
			a->hit[kept - 1].value += a->hit[i].value;
			a->hit[kept - 1].samples_count +=
				a->hit[i].samples_count;
		} else {
			a->hit[kept++] = a->hit[i];
		}
	}
	a->hits_count = kept;
}

static int collect(struct collecting *c)
{
	struct clinic_annotation *a = c->annotation;
	uint32_t rows = clinic_weight_rows(a->session, c->weight);
	int error = 0;

	for (uint32_t i = 0; i < rows && !error; i++) {
		struct clinic_weighed row;

		clinic_weight_row(a->session, c->weight, i, &row);
		a->whole += row.value;
		c->squares += (double)row.value * (double)row.value;
		error = add_sample(c, &row);
	}
	return error;
}

int clinic_annotation_find(struct clinic_annotation *annotation)
{
	uint32_t count;
	struct collecting c = {
		.annotation = annotation,
		.frame = clinic_session_rows(annotation->session, CLINIC_FRAMES,
					     &count),
		.stack = clinic_session_rows(annotation->session, CLINIC_STACKS,
					     &count),
		.weight = clinic_weight_default(annotation->session),
	};
	int error = collect(&c);

	if (error)
		return error;
	if (!annotation->hits_count)
		return -ENOENT;
	qsort(annotation->hit, annotation->hits_count, sizeof(*annotation->hit),
	      compare_places);
	join_equal(annotation);
	annotation->samples =
		clinic_weight_is_sampled(c.weight)
			? clinic_share_samples(annotation->whole, c.squares)
			: 0.0;
	return 0;
}

void clinic_annotation_free(struct clinic_annotation *annotation)
{
	free(annotation->hit);
}

struct clinic_share
clinic_annotation_share(const struct clinic_annotation *annotation,
			uint64_t value)
{
	double part = (double)annotation->value / (double)annotation->whole;

	return clinic_share_of(value, annotation->value,
			       annotation->samples * part);
}
