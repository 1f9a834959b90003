#include "preload/stack_walk.h"
#include "preload/process_texts.h"
#include "unwind/address_space.h"
#include "unwind/space_code.h"
#include "unwind/unwind.h"
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define WORD      8u
#define WORDS_MAX 96u
#define MEMO_SETS 256u
#define MEMO_WAYS 4u
#define RULES     1024u
#define NOT_SAVED 0u

extern void *__libc_stack_end;

/* Everything a walk depended on: where, and what was there. */
struct memo {
	uint64_t frame;
	uint64_t pc;
	uint32_t id;
	uint16_t stage;
	uint16_t words_count;
	uint32_t offset[WORDS_MAX]; /* from frame, in bytes */
	uint64_t word[WORDS_MAX];
};

struct rule {
	uint64_t address;
	struct clinic_unwind_row row;
	size_t module;
};

struct stack_walker {
	uint64_t stack_low, stack_high;
	uint64_t space_version; /* of the rules */
	uint64_t unloads_count; /* seen when the memos were last cleared */
	uint64_t modules_hash;  /* of the walk being made */
	bool met_unknown;       /* it came to code that no table is for */
	uint8_t next_way[MEMO_SETS];
	struct memo draft; /* of the walk just made; words_count 0: none */
	struct rule rules[RULES];
	struct memo memos[MEMO_SETS][MEMO_WAYS];
	struct clinic_unwinder unwinder; /* for what is rare */
};

static struct clinic_modules *modules;
static _Atomic(struct clinic_space *) space;
/* Libraries ever loaded, and closed, when it was made. */
static _Atomic unsigned long long space_adds;
static _Atomic uint64_t space_unloads, unloads_count;
static atomic_flag preparing = ATOMIC_FLAG_INIT;

static int read_adds(struct dl_phdr_info *image, size_t size, void *adds)
{
	(void)size;
	*(unsigned long long *)adds = image->dlpi_adds;
	return 1; /* the first image tells */
}

static unsigned long long loaded_count(void)
{
	unsigned long long adds = 0;

	dl_iterate_phdr(read_adds, &adds);
	return adds;
}

/*
 * The old space is not freed: another thread may be walking over it. It is
 * small, the tables themselves are shared by all spaces.
 */
static void rebuild(void)
{
	struct clinic_space *old = atomic_load(&space), *fresh;

	atomic_store(&space_unloads, atomic_load(&unloads_count));
	atomic_store(&space_adds, loaded_count());
	if ((!modules && clinic_modules_new(&modules)) ||
	    clinic_space_read_self(modules, &fresh))
		return;
	/* The same plugin, loaded again where it was. */
	if (old && clinic_space_covers(old, fresh)) {
		clinic_space_free(fresh);
		return;
	}
	/* First: whoever walks by the new tables has the new listing. */
	process_save_maps();
	atomic_store_explicit(&space, fresh, memory_order_release);
}

void stack_walk_prepare(void)
{
	if (atomic_flag_test_and_set(&preparing))
		return;
	if (!atomic_load(&space) || loaded_count() != atomic_load(&space_adds))
		rebuild();
	atomic_flag_clear(&preparing);
}

void stack_walk_forget(void)
{
	atomic_fetch_add(&unloads_count, 1);
}

void stack_walk_restart(void)
{
	atomic_flag_clear(&preparing);
}

/* The first thread's stack grows on demand, up to a limit. */
static void find_first_stack(struct stack_walker *walker)
{
	struct rlimit limit;

	walker->stack_high = (uint64_t)__libc_stack_end;
	if (getrlimit(RLIMIT_STACK, &limit) ||
	    limit.rlim_cur > walker->stack_high / 2)
		limit.rlim_cur = (rlim_t)1 << 30;
	walker->stack_low = walker->stack_high - limit.rlim_cur;
}

static void find_thread_stack(struct stack_walker *walker)
{
	pthread_attr_t attributes;
	size_t size;
	void *low;

	walker->stack_low = walker->stack_high = 0;
	if (pthread_getattr_np(pthread_self(), &attributes))
		return;
	if (!pthread_attr_getstack(&attributes, &low, &size)) {
		walker->stack_low = (uint64_t)low;
		walker->stack_high = (uint64_t)low + size;
	}
	pthread_attr_destroy(&attributes);
}

/*
 * Which of the two cannot be told by the thread's id: in a forked child the
 * only thread may be one that was not the first in its parent.
 */
static void find_stack(struct stack_walker *walker)
{
	uint64_t here = (uint64_t)__builtin_frame_address(0);

	find_first_stack(walker);
	if (here < walker->stack_low || here >= walker->stack_high)
		find_thread_stack(walker);
}

struct stack_walker *stack_walker_new(void)
{
	struct stack_walker *walker =
		mmap(NULL, sizeof(*walker), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (walker == MAP_FAILED)
		return NULL;
	find_stack(walker);
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

	return at >= walker->stack_low && at + 2 * WORD <= walker->stack_high;
}

static struct memo *set_of(struct stack_walker *walker,
			   const struct stack_entry *entry, size_t *set)
{
	uint64_t key = (uint64_t)entry->frame / WORD * 31 + entry->frame[1];

	*set = key * UINT64_C(0x9e3779b97f4a7c15) >> 56;
	return walker->memos[*set];
}

static bool holds(const struct memo *memo)
{
	const char *frame = (const char *)memo->frame;

	for (size_t i = 0; i < memo->words_count; i++)
		if (*(const uint64_t *)(const void *)(frame +
						      memo->offset[i]) !=
		    memo->word[i])
			return false;
	return true;
}

uint32_t stack_walk_recall(struct stack_walker *walker,
			   const struct stack_entry *entry, uint16_t stage)
{
	struct memo *memo;
	size_t set;

	if (!is_on_stack(walker, entry) ||
	    walker->unloads_count !=
		    atomic_load_explicit(&unloads_count, memory_order_relaxed))
		return 0;
	memo = set_of(walker, entry, &set);
	for (size_t way = 0; way < MEMO_WAYS; way++, memo++)
		if (memo->frame == (uint64_t)entry->frame &&
		    memo->stage == stage && memo->pc == entry->pc &&
		    holds(memo))
			return memo->id;
	return 0;
}

void stack_walk_remember(struct stack_walker *walker, uint16_t stage,
			 uint32_t id)
{
	struct memo *draft = &walker->draft;
	struct stack_entry entry = {(const uint64_t *)draft->frame, draft->pc};
	struct memo *ways;
	size_t set;

	if (draft->words_count == 0)
		return;
	ways = set_of(walker, &entry, &set);
	draft->id = id;
	draft->stage = stage;
	ways[walker->next_way[set]++ % MEMO_WAYS] = *draft;
}

/* The registers of the frame reached so far. */
struct position {
	uint64_t pc; /* inside the call */
	uint64_t sp;
	uint64_t fp_at; /* where its frame pointer was saved; or NOT_SAVED */
};

static bool load(struct stack_walker *walker, uint64_t at, uint64_t *word)
{
	struct memo *draft = &walker->draft;

	if (at < draft->frame || at % WORD || at + WORD > walker->stack_high ||
	    draft->words_count == WORDS_MAX)
		return false;
	*word = *(const uint64_t *)at;
	draft->offset[draft->words_count] = (uint32_t)(at - draft->frame);
	draft->word[draft->words_count++] = *word;
	return true;
}

static const struct rule *rule_for(struct stack_walker *walker,
				   uint64_t address)
{
	struct clinic_space *now = atomic_load(&space);
	struct rule *rule =
		&walker->rules[(address * UINT64_C(0x9e3779b97f4a7c15) >> 40) %
			       RULES];
	struct clinic_code code;

	if (clinic_space_version(now) != walker->space_version) {
		for (size_t i = 0; i < RULES; i++)
			walker->rules[i].address = 0;
		walker->space_version = clinic_space_version(now);
	}
	if (rule->address == address)
		return rule;
	if (clinic_space_code(now, address, &code)) {
		walker->met_unknown = true;
		return NULL;
	}
	if (!code.table)
		return NULL;
	rule->module = clinic_module_index(code.place.module);
	rule->row = *clinic_unwind_table_find(code.table, code.elf_address);
	/* Nobody calls the entry code: make it say so. */
	if (rule->row.cfa_kind == CLINIC_CFA_NONE &&
	    clinic_unwind_table_is_entry(code.table, code.elf_address)) {
		rule->row.cfa_kind = CLINIC_CFA_REGISTER;
		rule->row.ra = CLINIC_SAVED_UNDEFINED;
	}
	rule->address = address;
	return rule;
}

static bool find_cfa(struct stack_walker *walker,
		     const struct clinic_unwind_row *row,
		     const struct position *at, uint64_t *cfa)
{
	if (row->cfa_register == CLINIC_REGISTER_SP)
		*cfa = at->sp;
	else if (row->cfa_register != CLINIC_REGISTER_FP ||
		 at->fp_at == NOT_SAVED || !load(walker, at->fp_at, cfa))
		return false;
	*cfa += (uint64_t)row->cfa_offset;
	if (row->cfa_kind == CLINIC_CFA_MEMORY) {
		if (!load(walker, *cfa, cfa))
			return false;
		*cfa += (uint64_t)row->cfa_addend * WORD;
	}
	return *cfa > at->sp;
}

enum step { STEPPED, OUTERMOST, STUCK };

static uint64_t add_module(uint64_t hash, size_t module)
{
	return (hash + module + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static enum step leave_frame(struct stack_walker *walker, struct position *at)
{
	const struct rule *rule = rule_for(walker, at->pc);
	const struct clinic_unwind_row *row;
	uint64_t cfa, pc;

	if (!rule)
		return STUCK;
	row = &rule->row;
	walker->modules_hash = add_module(walker->modules_hash, rule->module);
	if ((row->cfa_kind != CLINIC_CFA_REGISTER &&
	     row->cfa_kind != CLINIC_CFA_MEMORY))
		return STUCK;
	if (row->ra == CLINIC_SAVED_UNDEFINED)
		return OUTERMOST;
	if (!clinic_saved_is_words(row->ra) ||
	    !find_cfa(walker, row, at, &cfa) ||
	    !load(walker, cfa + (uint64_t)row->ra * WORD, &pc))
		return STUCK;
	if (row->fp == CLINIC_SAVED_AT_FP)
		return STUCK;
	if (clinic_saved_is_words(row->fp))
		at->fp_at = cfa + (uint64_t)row->fp * WORD;
	else if (row->fp != CLINIC_SAVED_SAME)
		at->fp_at = NOT_SAVED;
	at->sp = cfa;
	at->pc = pc - 1;
	return pc ? STEPPED : OUTERMOST;
}

/* The hook keeps a frame pointer: its caller's, and where it returns to. */
static enum step walk_by_tables(struct stack_walker *walker,
				const struct stack_entry *entry,
				struct stack *stack)
{
	uint64_t frame = (uint64_t)entry->frame;
	struct position at = {.sp = frame + 2 * WORD, .fp_at = frame};
	enum step step = load(walker, frame + WORD, &at.pc) ? STEPPED : STUCK;

	at.pc--;
	while (step == STEPPED) {
		if (stack->frames_count == SITE_FRAMES_MAX)
			return STUCK;
		stack->frames[stack->frames_count++] = at.pc;
		step = leave_frame(walker, &at);
	}
	return step;
}

/* Signal frames, PLT entries, code without tables: the whole engine. */
static void walk_by_engine(struct stack_walker *walker,
			   const struct stack_entry *entry, struct stack *stack)
{
	uint64_t frame = (uint64_t)entry->frame;
	uint64_t frames[SITE_FRAMES_MAX + 1];
	struct clinic_registers registers = {0};
	struct clinic_unwind_moment at = {.registers = &registers,
					  .stack_start = frame,
					  .stack = entry->frame};
	struct clinic_unwound out = {.frames = frames,
				     .frames_max = SITE_FRAMES_MAX + 1};

	at.stack_bytes = walker->stack_high - frame;
	clinic_registers_set(&registers, CLINIC_REGISTER_PC, entry->pc);
	clinic_registers_set(&registers, CLINIC_REGISTER_SP, frame);
	clinic_registers_set(&registers, CLINIC_REGISTER_FP, frame);
	clinic_unwind(&walker->unwinder, atomic_load(&space), &at, &out);
	/* The first frame is the hook's own. */
	stack->frames_count = out.frames_count - 1;
	for (size_t i = 0; i < stack->frames_count; i++)
		stack->frames[i] = frames[i + 1];
	stack->truth = out.truth == CLINIC_UNWIND_COMPLETE  ? SITE_COMPLETE
		       : out.truth == CLINIC_UNWIND_GUESSED ? SITE_GUESSED
							    : SITE_TRUNCATED;
}

static void hash_modules(struct stack_walker *walker, const struct stack *stack)
{
	struct clinic_place place;

	walker->modules_hash = 0;
	for (size_t i = 0; i < stack->frames_count; i++) {
		if (clinic_space_find(atomic_load(&space), stack->frames[i],
				      &place))
			walker->met_unknown = true;
		else
			walker->modules_hash =
				add_module(walker->modules_hash,
					   clinic_module_index(place.module));
	}
}

static void walk_once(struct stack_walker *walker,
		      const struct stack_entry *entry, struct stack *stack)
{
	stack->frames_count = 0;
	stack->truth = SITE_COMPLETE;
	walker->draft.words_count = 0;
	walker->modules_hash = 0;
	walker->met_unknown = false;
	if (walk_by_tables(walker, entry, stack) == OUTERMOST)
		return;
	walker->draft.words_count = 0;
	walk_by_engine(walker, entry, stack);
	hash_modules(walker, stack);
}

/* Since a dlclose, other code may be where the tables say that some is. */
static bool may_be_replaced(void)
{
	return atomic_load(&unloads_count) != atomic_load(&space_unloads);
}

static void forget_unloaded(struct stack_walker *walker)
{
	uint64_t unloads = atomic_load(&unloads_count);

	if (walker->unloads_count == unloads)
		return;
	walker->unloads_count = unloads;
	for (size_t set = 0; set < MEMO_SETS; set++)
		for (size_t way = 0; way < MEMO_WAYS; way++)
			walker->memos[set][way].frame = 0;
}

static void walk(struct stack_walker *walker, const struct stack_entry *entry,
		 struct stack *stack)
{
	forget_unloaded(walker);
	if (may_be_replaced())
		stack_walk_prepare();
	walk_once(walker, entry, stack);
	/* Code that was not there: loaded since the tables were made? */
	if (!walker->met_unknown || loaded_count() == atomic_load(&space_adds))
		return;
	stack_walk_prepare();
	walk_once(walker, entry, stack);
}

static void tell_caller(struct stack_walker *walker,
			const struct stack_entry *entry, struct stack *stack)
{
	stack->frames[0] = entry->frame[1] - 1;
	stack->frames_count = 1;
	stack->truth = SITE_TRUNCATED;
	walker->modules_hash = 0;
}

void stack_walk(struct stack_walker *walker, const struct stack_entry *entry,
		struct stack *stack)
{
	walker->draft.words_count = 0;
	walker->draft.frame = (uint64_t)entry->frame;
	walker->draft.pc = entry->pc;
	if (atomic_load(&space) && is_on_stack(walker, entry))
		walk(walker, entry, stack);
	else
		tell_caller(walker, entry, stack);
	stack->modules_hash = walker->modules_hash;
}

bool stack_walk_place(uint64_t address, const char **path,
		      uint64_t *file_offset)
{
	const struct clinic_space *now = atomic_load(&space);
	struct clinic_place place;

	if (!now || clinic_space_find(now, address, &place))
		return false;
	*path = clinic_module_path(place.module);
	*file_offset = place.file_offset;
	return true;
}
