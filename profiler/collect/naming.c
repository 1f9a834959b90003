/*
 * Converts new stacks of addresses to stacks of named frames.
 *
 *	raw stacks   1 2 3 4 5 6 7 8 9      named so far: 1..6
 *	                         | | |
 *	            known address  new ones, by module and address
 *	                  v            v
 *	           answer of before   symbols -> frames -> answer
 */
#include "collect/naming.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "foundation/row_index.h"
#include "collect/address_stacks.h"
#include "collect/stop_signals.h"
#include "session/session.h"
#include "unwind/address_space.h"

/* The frames that one address became, one after the other. */
struct named {
	uint32_t first_frame; /* in naming.frame_ids; innermost first */
	uint32_t frames_count;
};

struct clinic_naming {
	struct clinic_session *session;
	struct clinic_symbols *symbols;
	const struct clinic_modules *modules;
	struct clinic_naming_files files;
	int kernel_error;

	const struct clinic_address_frame *raw;
	uint32_t raw_count;
	struct named *named; /* by raw id, those below named_count */
	uint32_t *stack_ids; /* the session's, likewise */
	uint32_t named_count;
	size_t named_capacity, stack_ids_capacity;
	struct clinic_row_index known; /* places, to a raw id that has one */

	uint32_t *order; /* new raw ids at new places, by place */
	uint32_t order_count;

	uint32_t *frame_ids;
	uint32_t frame_ids_count;
	size_t frame_ids_capacity;

	/* The module being named. */
	uint32_t library_id;
	uint64_t *addresses; /* of it, unique */
	uint32_t *firsts;    /* where in `order` each address begins */
	uint32_t addresses_count;
	struct named *answers; /* by address */
	int err;
};

static int keep_frame(struct clinic_naming *naming,
		      const struct clinic_frame *frame)
{
	uint32_t id;
	int err = clinic_session_frame_id(naming->session, frame, &id);
	uint32_t *grown;

	if (err)
		return err;
	grown = clinic_grow(naming->frame_ids, naming->frame_ids_count,
			    &naming->frame_ids_capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	naming->frame_ids = grown;
	naming->frame_ids[naming->frame_ids_count++] = id;
	return 0;
}

static int text_or_none(struct clinic_naming *naming, const char *text,
			uint32_t *id)
{
	*id = 0;
	return text ? clinic_session_text_id(naming->session, text, id) : 0;
}

static int keep_symbol_frame(struct clinic_naming *naming, uint64_t address,
			     enum clinic_tier tier,
			     const struct clinic_symbols_frame *symbol)
{
	struct clinic_frame frame = {
		.line = symbol->line,
		.library_id = naming->library_id,
		.address = address,
		.tier = tier,
		.inlined = symbol->is_inline,
		.defined_line = symbol->defined_line,
	};
	int err = text_or_none(naming, symbol->function, &frame.function_id);

	if (!err)
		err = text_or_none(naming, symbol->file, &frame.file_id);
	if (!err)
		err = text_or_none(naming, symbol->defined_file,
				   &frame.defined_file_id);
	return err ? err : keep_frame(naming, &frame);
}

static int keep_bare_address(struct clinic_naming *naming, uint64_t address)
{
	struct clinic_frame frame = {.library_id = naming->library_id,
				     .address = address};

	return keep_frame(naming, &frame);
}

/* A clinic_symbols_on_symbol. */
static void keep_symbol(void *context, size_t index,
			const struct clinic_symbols_symbol *symbol)
{
	struct clinic_naming *naming = context;
	uint64_t address = naming->addresses[index];
	struct named *answer = &naming->answers[index];

	answer->first_frame = naming->frame_ids_count;
	for (size_t i = 0; !naming->err && i < symbol->frames_count; i++)
		naming->err = keep_symbol_frame(naming, address, symbol->tier,
						&symbol->frames[i]);
	if (!naming->err && !symbol->frames_count)
		naming->err = keep_bare_address(naming, address);
	answer->frames_count = naming->frame_ids_count - answer->first_frame;
}

static int name_bare(struct clinic_naming *naming)
{
	struct clinic_symbols_symbol none = {.tier = CLINIC_TIER_NONE};

	for (uint32_t i = 0; !naming->err && i < naming->addresses_count; i++)
		keep_symbol(naming, i, &none);
	return naming->err;
}

/* File offsets become what objdump shows, where the file can be read. */
static int name_in_module(struct clinic_naming *naming,
			  const struct clinic_module *module)
{
	struct clinic_symbols_module *symbols;
	int err = clinic_naming_files_open(&naming->files, module,
					   naming->addresses_count, &symbols,
					   &naming->library_id);

	if (err)
		return err;
	if (!symbols)
		return name_bare(naming);
	for (uint32_t i = 0; i < naming->addresses_count; i++)
		(void)clinic_symbols_address(symbols, naming->addresses[i],
					     &naming->addresses[i]);
	err = clinic_symbols_resolve(symbols, naming->addresses,
				     naming->addresses_count, keep_symbol,
				     naming);
	return naming->err ? naming->err : err;
}

static int name_in_kernel(struct clinic_naming *naming)
{
	struct clinic_symbols_module *symbols;
	int err = clinic_session_library_id(naming->session, "[kernel]", "",
					    &naming->library_id);

	if (err)
		return err;
	naming->kernel_error =
		clinic_symbols_open_kernel(naming->symbols, &symbols);
	if (naming->kernel_error)
		return name_bare(naming);
	err = clinic_symbols_resolve(symbols, naming->addresses,
				     naming->addresses_count, keep_symbol,
				     naming);
	return naming->err ? naming->err : err;
}

/* This frame names time and not code, so it has no tier and no address. */
static int name_unsampled(struct clinic_naming *naming)
{
	struct clinic_frame frame = {0};

	naming->err = clinic_session_text_id(
		naming->session, "[kernel, unsampled]", &frame.function_id);
	if (!naming->err)
		naming->err = clinic_session_library_id(
			naming->session, "[kernel]", "", &frame.library_id);
	naming->answers[0] = (struct named){naming->frame_ids_count, 1};
	return naming->err ? naming->err : keep_frame(naming, &frame);
}

static int name_module(struct clinic_naming *naming, uint32_t module)
{
	naming->library_id = 0;
	if (clinic_stop_signals_is_hurried() &&
	    module != CLINIC_ADDRESS_UNSAMPLED)
		return name_bare(naming);
	switch (module) {
	case CLINIC_ADDRESS_KERNEL:
		return name_in_kernel(naming);
	case CLINIC_ADDRESS_NOWHERE:
		return name_bare(naming);
	case CLINIC_ADDRESS_UNSAMPLED:
		return name_unsampled(naming);
	default:
		return name_in_module(
			naming, clinic_modules_at(naming->modules, module));
	}
}

static int compare_raw(const void *left, const void *right, void *context)
{
	const struct clinic_address_frame *rows = context;
	const struct clinic_address_frame *a = &rows[*(const uint32_t *)left];
	const struct clinic_address_frame *b = &rows[*(const uint32_t *)right];

	if (a->module != b->module)
		return a->module < b->module ? -1 : 1;
	return (a->address > b->address) - (a->address < b->address);
}

/* The unique addresses of the module that begins at `from` in the order. */
static uint32_t gather_module(struct clinic_naming *naming, uint32_t from)
{
	uint32_t module = naming->raw[naming->order[from]].module;
	uint32_t at = from;

	naming->addresses_count = 0;
	for (; at < naming->order_count; at++) {
		const struct clinic_address_frame *raw =
			&naming->raw[naming->order[at]];
		uint32_t count = naming->addresses_count;

		if (raw->module != module)
			break;
		if (count && naming->addresses[count - 1] == raw->address)
			continue;
		naming->addresses[count] = raw->address;
		naming->firsts[count] = at;
		naming->addresses_count++;
	}
	return at;
}

/* All raw frames at one address get the answer for that address. */
static void spread_answers(struct clinic_naming *naming, uint32_t end)
{
	for (uint32_t i = 0; i < naming->addresses_count; i++) {
		uint32_t next = i + 1 < naming->addresses_count
					? naming->firsts[i + 1]
					: end;

		for (uint32_t at = naming->firsts[i]; at < next; at++)
			naming->named[naming->order[at]] = naming->answers[i];
	}
}

static uint32_t hash_of(const struct clinic_address_frame *frame)
{
	const uint64_t place[2] = {frame->module, frame->address};

	return clinic_row_hash(place, sizeof(place));
}

/* A raw frame that was named and is at the same place; CLINIC_NO_ROW: none. */
static uint32_t find_known(const struct clinic_naming *naming,
			   const struct clinic_address_frame *frame)
{
	struct clinic_row_cursor at;
	uint32_t id =
		clinic_row_index_first(&naming->known, hash_of(frame), &at);

	while (id != CLINIC_NO_ROW &&
	       (naming->raw[id].module != frame->module ||
		naming->raw[id].address != frame->address))
		id = clinic_row_index_next(&naming->known, &at);
	return id;
}

/*
 * Gathers new raw frames at places that have no answer yet: these are looked
 * up.
 */
static void order_new(struct clinic_naming *naming)
{
	naming->order_count = 0;
	for (uint32_t id = naming->named_count; id < naming->raw_count; id++) {
		uint32_t known = find_known(naming, &naming->raw[id]);

		if (known == CLINIC_NO_ROW)
			naming->order[naming->order_count++] = id;
		else
			naming->named[id] = naming->named[known];
	}
	if (naming->order_count)
		qsort_r(naming->order, naming->order_count,
			sizeof(*naming->order), compare_raw,
			(void *)(uintptr_t)naming->raw);
}

static int remember_places(struct clinic_naming *naming)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < naming->addresses_count; i++) {
		uint32_t id = naming->order[naming->firsts[i]];

		err = clinic_row_index_add(&naming->known,
					   hash_of(&naming->raw[id]), id);
	}
	return err;
}

static int name_new(struct clinic_naming *naming)
{
	uint32_t end, at = 0;
	int err = 0;

	order_new(naming);
	for (; !err && at < naming->order_count; at = end) {
		end = gather_module(naming, at);
		err = name_module(naming,
				  naming->raw[naming->order[at]].module);
		spread_answers(naming, end);
		if (!err)
			err = remember_places(naming);
	}
	return err;
}

/* Parents come before children in both, so one pass is enough. */
static int build_stacks(struct clinic_naming *naming)
{
	int err = 0;

	for (uint32_t id = naming->named_count; !err && id < naming->raw_count;
	     id++) {
		const struct named *named = &naming->named[id];
		uint32_t stack_id = naming->stack_ids[naming->raw[id].parent];

		for (uint32_t i = named->frames_count; !err && i-- > 0;)
			err = clinic_session_stack_id(
				naming->session, stack_id,
				naming->frame_ids[named->first_frame + i],
				&stack_id);
		naming->stack_ids[id] = stack_id;
	}
	return err;
}

static int reach(struct clinic_naming *naming)
{
	uint32_t more = naming->raw_count - naming->named_count;
	struct named *named = clinic_grow_by(naming->named, naming->named_count,
					     more, &naming->named_capacity,
					     sizeof(*named));
	uint32_t *stack_ids;

	if (!named)
		return -ENOMEM;
	naming->named = named;
	stack_ids = clinic_grow_by(naming->stack_ids, naming->named_count, more,
				   &naming->stack_ids_capacity,
				   sizeof(*stack_ids));
	if (!stack_ids)
		return -ENOMEM;
	naming->stack_ids = stack_ids;
	memset(named + naming->named_count, 0, more * sizeof(*named));
	memset(stack_ids + naming->named_count, 0, more * sizeof(*stack_ids));
	return 0;
}

/* Makes room for new frames only. */
static int make_room(struct clinic_naming *naming)
{
	size_t count = naming->raw_count - naming->named_count + 1;

	naming->order = calloc(count, sizeof(*naming->order));
	naming->addresses = calloc(count, sizeof(*naming->addresses));
	naming->firsts = calloc(count, sizeof(*naming->firsts));
	naming->answers = calloc(count, sizeof(*naming->answers));
	return naming->order && naming->addresses && naming->firsts &&
			       naming->answers
		       ? reach(naming)
		       : -ENOMEM;
}

static void free_room(struct clinic_naming *naming)
{
	free(naming->order);
	free(naming->addresses);
	free(naming->firsts);
	free(naming->answers);
	naming->order = naming->firsts = NULL;
	naming->addresses = NULL;
	naming->answers = NULL;
}

int clinic_naming_new(const struct clinic_naming_options *options,
		      const struct clinic_modules *modules,
		      struct clinic_session *session,
		      struct clinic_naming **naming)
{
	struct clinic_symbols_options symbols_options = {
		.use_debuginfod = options->use_debuginfod};
	struct clinic_naming *made = calloc(1, sizeof(*made));
	int err = made ? clinic_symbols_new(&symbols_options, &made->symbols)
		       : -ENOMEM;

	if (err) {
		clinic_naming_free(made);
		return err;
	}
	made->session = session;
	made->modules = modules;
	made->files = (struct clinic_naming_files){.session = session,
						   .symbols = made->symbols,
						   .modules = modules};
	*naming = made;
	return 0;
}

void clinic_naming_free(struct clinic_naming *naming)
{
	if (!naming)
		return;
	clinic_symbols_free(naming->symbols);
	clinic_row_index_clear(&naming->known);
	clinic_naming_files_clear(&naming->files);
	free(naming->named);
	free(naming->stack_ids);
	free(naming->frame_ids);
	free(naming);
}

void clinic_naming_forget(struct clinic_naming *naming)
{
	clinic_row_index_clear(&naming->known);
	naming->named_count = naming->frame_ids_count = 0;
}

void clinic_naming_forget_modules(struct clinic_naming *naming,
				  const uint32_t *kept)
{
	clinic_naming_files_renumber(&naming->files, kept);
}

int clinic_naming_update(struct clinic_naming *naming,
			 const struct clinic_address_stacks *raw,
			 const uint32_t **stack_ids)
{
	int err;

	naming->raw = clinic_address_stacks_rows(raw, &naming->raw_count);
	err = make_room(naming);
	*stack_ids = err ? NULL : naming->stack_ids;
	if (!err && !naming->named_count)
		naming->named_count = 1; /* the empty stack */
	if (!err)
		err = name_new(naming);
	if (!err)
		err = build_stacks(naming);
	if (!err)
		naming->named_count = naming->raw_count;
	free_room(naming);
	return naming->err ? naming->err : err;
}

void clinic_naming_facts_get(const struct clinic_naming *naming,
			     struct clinic_naming_facts *facts)
{
	*facts = (struct clinic_naming_facts){
		.kernel_error = naming->kernel_error,
		.unopened_count = naming->files.unopened_count,
	};
	clinic_symbols_counts_get(naming->symbols, &facts->symbols);
}
