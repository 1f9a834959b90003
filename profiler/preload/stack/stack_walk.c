/*
 * Walks a stack with one cached rule for each frame, and with the complete
 * unwinder where such rules do not suffice.
 */
#include "preload/stack/stack_walk.h"
#include "preload/stack/loaded_image.h"
#include "preload/stack/stack_tables.h"
#include "preload/stack/thread_stack.h"
#include "unwind/address_space.h"
#include "unwind/unwind.h"
#include "unwind/unwind_row.h"
#include "unwind/unwind_table.h"
#include <stdbool.h>
#include <sys/mman.h>

#define WORD      8u
#define RULES     1024u
#define NOT_SAVED 0u
/* The most libraries for which one walk makes tables; the next walk goes on. */
#define LIBRARIES_MOST 16u

struct rule {
	uint64_t address;
	struct clinic_unwind_row row;
	size_t module;
};

struct stack_walker {
	struct thread_stack on;
	uint64_t space_version; /* for which the rules are valid */
	uint64_t lacking;       /* code of a library without a table; 0: none */
	struct rule rules[RULES];
	struct clinic_unwinder unwinder;      /* for rare frames */
	uint64_t frames[SITE_FRAMES_MAX + 1]; /* the unwinder's result */
};

/* A walk, and the registers of the frame that it has reached. */
struct walk {
	struct stack_walker *walker;
	const struct clinic_space *space;
	const struct stack_entry *entry;
	struct stack *stack; /* the result */
	uint64_t pc;         /* inside the call instruction */
	uint64_t sp;
	uint64_t fp_at; /* where its frame pointer was saved, or NOT_SAVED */
};

struct stack_walker *stack_walker_new(const struct stack_entry *entry)
{
	struct stack_walker *walker =
		mmap(NULL, sizeof(*walker), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (walker == MAP_FAILED)
		return NULL;
	/* A forked child still uses the stack of the thread that forked. */
	walker->on = thread_stack_around((uint64_t)entry->frame);
	return walker;
}

void stack_walker_free(struct stack_walker *walker)
{
	munmap(walker, sizeof(*walker));
}

static bool is_on_stack(const struct stack_walker *walker,
			const struct stack_entry *entry)
{
	uint64_t at = (uint64_t)entry->frame;

	return at >= walker->on.low && at + 2 * WORD <= walker->on.high;
}

/* Reads a word of the stack, and notes it: a function of clinic_row_load. */
static bool load(void *walk, uint64_t at, uint64_t *word)
{
	struct walk *w = walk;
	struct stack *stack = w->stack;
	uint64_t frame = (uint64_t)w->entry->frame;

	if (at < frame || at % WORD || at + WORD > w->walker->on.high ||
	    stack->words_count == STACK_WORDS_MAX)
		return false;
	*word = *(const uint64_t *)at;
	stack->words[stack->words_count++] =
		(struct stack_word){.offset = at - frame, .word = *word};
	return true;
}

static void renew_rules(struct stack_walker *walker,
			const struct clinic_space *space)
{
	if (clinic_space_version(space) == walker->space_version)
		return;
	for (size_t i = 0; i < RULES; i++)
		walker->rules[i].address = 0;
	walker->space_version = clinic_space_version(space);
}

/*
 * The rule of an address. Nothing calls the entry code of a program or thread:
 * its rule says that the stack ends there.
 */
static struct clinic_unwind_row row_of(const struct clinic_code *code)
{
	struct clinic_unwind_row row =
		*clinic_unwind_table_find(code->table, code->elf_address);

	if (row.cfa_kind == CLINIC_CFA_NONE &&
	    clinic_unwind_table_is_entry(code->table, code->elf_address)) {
		row.cfa_kind = CLINIC_CFA_REGISTER;
		row.ra = CLINIC_SAVED_UNDEFINED;
	}
	return row;
}

/* Code that belongs to no library, such as generated code, has no table. */
static void note_lacking(struct stack_walker *walker, uint64_t address)
{
	if (!walker->lacking && loaded_image_is_at(address))
		walker->lacking = address;
}

static const struct rule *rule_for(struct walk *w, uint64_t address)
{
	struct rule *rule =
		&w->walker->rules[(address * UINT64_C(0x9e3779b97f4a7c15) >>
				   40) %
				  RULES];
	struct clinic_code code;

	if (rule->address == address)
		return rule;
	if (clinic_space_code(w->space, address, &code)) {
		note_lacking(w->walker, address);
		return NULL;
	}
	if (!code.table)
		return NULL;
	rule->module = clinic_module_index(code.place.module);
	rule->row = row_of(&code);
	rule->address = address;
	return rule;
}

static bool find_cfa(struct walk *w, const struct clinic_unwind_row *row,
		     uint64_t *cfa)
{
	uint64_t value = w->sp;

	if (row->cfa_register != CLINIC_REGISTER_SP &&
	    (row->cfa_register != CLINIC_REGISTER_FP || w->fp_at == NOT_SAVED ||
	     !load(w, w->fp_at, &value)))
		return false;
	return clinic_row_find_cfa(row, value, load, w, cfa) && *cfa > w->sp;
}

enum step { STEPPED, OUTERMOST, TOO_DEEP, STUCK };

static uint64_t add_module(uint64_t hash, size_t module)
{
	return (hash + module + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static enum step leave_by_row(struct walk *w,
			      const struct clinic_unwind_row *row)
{
	uint64_t cfa, pc;

	if (row->cfa_kind != CLINIC_CFA_REGISTER &&
	    row->cfa_kind != CLINIC_CFA_MEMORY)
		return STUCK;
	if (row->ra == CLINIC_SAVED_UNDEFINED)
		return OUTERMOST;
	if (!clinic_saved_is_words(row->ra) || !find_cfa(w, row, &cfa) ||
	    !load(w, clinic_row_place(cfa, row->ra), &pc))
		return STUCK;
	if (row->fp == CLINIC_SAVED_AT_FP)
		return STUCK;
	if (clinic_saved_is_words(row->fp))
		w->fp_at = clinic_row_place(cfa, row->fp);
	else if (row->fp != CLINIC_SAVED_SAME)
		w->fp_at = NOT_SAVED;
	w->sp = cfa;
	w->pc = pc - 1;
	return pc ? STEPPED : OUTERMOST;
}

static enum step leave_frame(struct walk *w)
{
	const struct rule *rule = rule_for(w, w->pc);

	if (!rule)
		return STUCK;
	w->stack->modules_hash =
		add_module(w->stack->modules_hash, rule->module);
	return leave_by_row(w, &rule->row);
}

/*
 * The hook has a frame pointer, which points to its caller's frame pointer and
 * to the return address.
 */
static enum step walk_by_tables(struct walk *w)
{
	struct stack *stack = w->stack;
	uint64_t frame = (uint64_t)w->entry->frame;
	enum step step = STEPPED;

	w->sp = frame + 2 * WORD;
	w->fp_at = frame;
	if (!load(w, frame + WORD, &w->pc))
		return STUCK;
	w->pc--;
	while (step == STEPPED) {
		if (stack->frames_count == SITE_FRAMES_MAX)
			return TOO_DEEP;
		stack->frames[stack->frames_count++] = w->pc;
		step = leave_frame(w);
	}
	return step;
}

/*
 * Signal frames, PLT entries and code without tables need the complete
 * unwinder.
 */
static void walk_by_engine(struct walk *w)
{
	struct stack *stack = w->stack;
	uint64_t frame = (uint64_t)w->entry->frame;
	const uint64_t *frames = w->walker->frames;
	struct clinic_registers registers = {0};
	struct clinic_unwind_moment at = {.registers = &registers,
					  .stack_start = frame,
					  .stack = w->entry->frame};
	struct clinic_unwound out = {.frames = w->walker->frames,
				     .frames_max = SITE_FRAMES_MAX + 1};

	at.stack_bytes = w->walker->on.high - frame;
	clinic_registers_set(&registers, CLINIC_REGISTER_PC, w->entry->pc);
	clinic_registers_set(&registers, CLINIC_REGISTER_SP, frame);
	clinic_registers_set(&registers, CLINIC_REGISTER_FP, frame);
	clinic_unwind(&w->walker->unwinder, w->space, &at, &out);
	/* The first frame is the hook's own. */
	stack->frames_count = out.frames_count - 1;
	for (size_t i = 0; i < stack->frames_count; i++)
		stack->frames[i] = frames[i + 1];
	stack->truth = out.truth == CLINIC_UNWIND_COMPLETE  ? SITE_COMPLETE
		       : out.truth == CLINIC_UNWIND_GUESSED ? SITE_GUESSED
							    : SITE_TRUNCATED;
}

static void hash_modules(struct walk *w)
{
	struct stack *stack = w->stack;
	struct clinic_place place;

	stack->modules_hash = 0;
	for (size_t i = 0; i < stack->frames_count; i++) {
		if (!clinic_space_find(w->space, stack->frames[i], &place))
			stack->modules_hash =
				add_module(stack->modules_hash,
					   clinic_module_index(place.module));
		/*
		 * If a frame is only guessed, no stack may really lead through
		 * that library, so it may be unloaded at any moment.
		 */
		else if (stack->truth != SITE_GUESSED)
			note_lacking(w->walker, stack->frames[i]);
	}
}

static void begin_stack(struct stack *stack, enum site_truth truth)
{
	stack->frames_count = 0;
	stack->words_count = 0;
	stack->modules_hash = 0;
	stack->truth = truth;
}

static void walk_once(struct stack_walker *walker,
		      const struct stack_entry *entry, struct stack *stack)
{
	struct walk w = {.walker = walker,
			 .space = stack_tables_now(),
			 .entry = entry,
			 .stack = stack};

	begin_stack(stack, SITE_COMPLETE);
	walker->lacking = 0;
	renew_rules(walker, w.space);
	switch (walk_by_tables(&w)) {
	case OUTERMOST:
		return;
	case TOO_DEEP:
		stack->truth = SITE_TRUNCATED;
		return;
	default:
		stack->words_count = 0;
		walk_by_engine(&w);
		hash_modules(&w);
	}
}

static void walk(struct stack_walker *walker, const struct stack_entry *entry,
		 struct stack *stack)
{
	walk_once(walker, entry, stack);
	for (size_t i = 0; i < LIBRARIES_MOST && walker->lacking; i++)
		if (stack_tables_add(walker->lacking))
			walk_once(walker, entry, stack);
		else
			return;
}

static void describe_caller(const struct stack_entry *entry,
			    struct stack *stack)
{
	begin_stack(stack, SITE_TRUNCATED);
	stack->frames[stack->frames_count++] = entry->frame[1] - 1;
}

void stack_walk(struct stack_walker *walker, const struct stack_entry *entry,
		struct stack *stack)
{
	if (stack_tables_now() && is_on_stack(walker, entry))
		walk(walker, entry, stack);
	else
		describe_caller(entry, stack);
}
