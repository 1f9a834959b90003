/* Follows each block from its allocation at a call site to its free. */
#include "preload/alloc/alloc_track.h"
#include "preload/alloc/alloc_budget.h"
#include "preload/arena.h"
#include "preload/confinement.h"
#include "preload/alloc/byte_sampler.h"
#include "preload/stack/call_sites.h"
#include "preload/lock/lock_table.h"
#include "preload/stack/process_texts.h"
#include "preload/stack/stack_tables.h"
#include "preload/alloc/real_allocator.h"
#include "preload/stack/stack_memo.h"
#include "preload/thread_counts.h"
#include "shared_memory/ticks.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>

struct tracking {
	bool is_busy;   /* a signal handler must not use this meanwhile */
	bool is_ending; /* the thread's destructors run */
	/* NULL before the thread's first walk, and after the thread's end. */
	struct stack_memos *memos;
	struct stack_walker *walker; /* valid while memos is not NULL */
	const void *newest; /* the thread's last allocation, if still alive */
	int64_t live_delta_bytes; /* not yet added to the sum of all threads */
	struct byte_sampler sampler;
	struct stack stack; /* here, as it is too large for small stacks */
	struct site_rows rows;
};

/* After track_open this address never changes, not even in forked children. */
static struct arena_head *head;

/*
 * A drain looks at this block first, to find out which rows have changed. If
 * the arena has no room for the block, `unread` is written to instead, and the
 * drain looks at every row.
 */
static struct touched_block unread;
static struct touched_block *touched = &unread;

/* The destructor of this key runs when a thread ends, and reports the end. */
static pthread_key_t end_key;
static bool has_end_key;
/* The C library keeps the values of so many keys in the thread's descriptor. */
#define KEYS_WITHOUT_MEMORY 32u

/* If two threads find a peak at the same time, the higher one is kept. */
static void note_peak(int64_t live_bytes, uint64_t ticks)
{
	int64_t peak = __atomic_load_n(&head->peak_bytes, __ATOMIC_RELAXED);

	while (live_bytes > peak)
		if (__atomic_compare_exchange_n(
			    &head->peak_bytes, &peak, live_bytes, false,
			    __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			head->peak_ticks = ticks;
			head->peak_threads_count = head->threads_count;
			__atomic_fetch_add(&head->peaks_count, 1,
					   __ATOMIC_RELAXED);
			return;
		}
}

static inline void change_live_alone(int64_t delta, uint64_t ticks)
{
	head->live_bytes += delta;
	if (head->live_bytes > head->peak_bytes) {
		head->peak_bytes = head->live_bytes;
		head->peak_ticks = ticks;
		head->peaks_count++;
	}
}

__attribute__((noinline)) static void add_portion(struct tracking *tracking,
						  uint64_t ticks)
{
	int64_t portion = tracking->live_delta_bytes;
	int64_t live_bytes;

	tracking->live_delta_bytes = 0;
	live_bytes = __atomic_add_fetch(&head->live_bytes, portion,
					__ATOMIC_RELAXED);
	if (portion > 0)
		note_peak(live_bytes, ticks);
}

static inline void change_live(struct tracking *tracking, int64_t delta,
			       uint64_t ticks)
{
	int64_t sum = tracking->live_delta_bytes + delta;

	if (__libc_single_threaded) {
		change_live_alone(delta, ticks);
		return;
	}
	tracking->live_delta_bytes = sum;
	if (sum >= LIVE_PORTION_BYTES || sum <= -LIVE_PORTION_BYTES ||
	    tracking->is_ending)
		add_portion(tracking, ticks);
}

void track_settle(void)
{
	struct thread_block *self = thread_block;
	struct tracking *tracking = self ? self->tracking : NULL;

	if (tracking && !confinement.is_clockless && tracking->live_delta_bytes)
		add_portion(tracking, ticks_now());
}

/*
 * A later thread may take over the data of this one. So its live bytes are
 * added to the sum of all threads, because other threads may free its blocks
 * later; and the walker is freed, because the next thread has another stack.
 * Destructors of the program that run after this one may allocate again.
 */
static void end_thread(void *ending)
{
	struct tracking *tracking = ending;
	struct stack_memos *memos = tracking->memos;

	tracking->is_ending = true;
	tracking->memos = NULL;
	if (memos) {
		stack_memos_free(memos);
		stack_walker_free(tracking->walker);
		__atomic_fetch_sub(&head->threads_count, 1, __ATOMIC_RELAXED);
	}
	if (track_plan.with_live)
		add_portion(tracking, ticks_now());
}

static void take_touched(void)
{
	struct touched_block *taken = NULL;

	if (track_plan.with_live)
		taken = arena_take(BLOCK_TOUCHED, sizeof(*taken));
	touched = taken ? taken : &unread;
}

void track_open(const struct track_plan *plan)
{
	head = arena_get_head();
	if (!head || !(plan->with_stacks || plan->with_locks))
		return;
	/*
	 * For the value of a key with a higher number glibc allocates memory,
	 * and a hook must not allocate.
	 */
	has_end_key = !pthread_key_create(&end_key, end_thread) &&
		      end_key < KEYS_WITHOUT_MEMORY;
	stack_tables_prepare();
	process_save_command();
	track_plan.with_locks = plan->with_locks;
	track_plan.with_stacks = plan->with_stacks;
	track_plan.with_live =
		plan->with_stacks && plan->with_live &&
		live_open(real.may_nest ? LIVE_GRANULE_16 : LIVE_GRANULE_32);
	track_plan.sample_bytes = plan->sample_bytes;
	take_touched();
	track_plan.is_active |= plan->with_stacks;
	track_plan.is_plain = plan->with_stacks && !plan->sample_bytes &&
			      !track_plan.with_budgets;
	head->has_live = track_plan.with_live;
	head->sample_bytes = track_plan.sample_bytes;
}

__attribute__((noinline, cold)) static struct tracking *
make_tracking(struct thread_block *self)
{
	int saved_errno = errno;
	struct tracking *made =
		mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	errno = saved_errno;
	if (made == MAP_FAILED)
		return NULL;
	byte_sampler_start(&made->sampler, track_plan.sample_bytes,
			   self->tid ^ ticks_now());
	self->tracking = made;
	return made;
}

static inline struct tracking *tracking_of(struct thread_block *self)
{
	struct tracking *tracking = self->tracking;

	return __builtin_expect(tracking != NULL, 1) ? tracking
						     : make_tracking(self);
}

/*
 * This is also called for a thread that has taken over the data of a thread
 * that has ended.
 */
static bool start_walker(struct tracking *tracking,
			 const struct stack_entry *entry)
{
	tracking->is_ending = false;
	tracking->memos = stack_memos_new();
	tracking->walker = tracking->memos ? stack_walker_new(entry) : NULL;
	if (has_end_key)
		pthread_setspecific(end_key, tracking);
	if (tracking->walker) {
		__atomic_fetch_add(&head->threads_count, 1, __ATOMIC_RELAXED);
		return true;
	}
	if (tracking->memos)
		stack_memos_free(tracking->memos);
	tracking->memos = NULL;
	return false;
}

static uint32_t walk_to_site(struct tracking *tracking, uint16_t stage,
			     const struct stack_entry *entry)
{
	uint32_t site;

	if (!tracking->memos && !start_walker(tracking, entry))
		return 0;
	stack_memos_refresh(tracking->memos);
	stack_walk(tracking->walker, entry, &tracking->stack);
	site = call_site_id(&tracking->stack, stage);
	stack_memo_keep(tracking->memos, entry, stage, &tracking->stack, site);
	return site;
}

__attribute__((noinline, cold)) static uint32_t
new_site(struct tracking *tracking, struct thread_block *self,
	 const struct stack_entry *entry)
{
	int saved_errno = errno;
	uint32_t site;

	/* What this library itself calls meanwhile is not counted. */
	thread_pause_counting(self);
	site = walk_to_site(tracking, self->stage, entry);
	thread_resume_counting(self);
	errno = saved_errno;
	return site;
}

static uint32_t find_site(struct tracking *tracking, struct thread_block *self,
			  const struct stack_entry *entry)
{
	uint32_t site = 0;

	if (tracking->memos)
		site = stack_memo_recall(tracking->memos, entry, self->stage);
	return site ? site : new_site(tracking, self, entry);
}

/*
 * Between begin_busy and end_busy, a hook that is called from a signal handler
 * on this thread must not use the same data.
 */
static inline bool begin_busy(struct tracking *tracking)
{
	if (tracking->is_busy)
		return false;
	tracking->is_busy = true;
	atomic_signal_fence(memory_order_seq_cst);
	return true;
}

static inline void end_busy(struct tracking *tracking)
{
	atomic_signal_fence(memory_order_seq_cst);
	tracking->is_busy = false;
}

uint32_t track_site_of(struct thread_block *self,
		       const struct stack_entry *entry)
{
	struct tracking *tracking = tracking_of(self);
	uint32_t site;

	if (!tracking || !begin_busy(tracking))
		return 0;
	site = find_site(tracking, self, entry);
	end_busy(tracking);
	return site;
}

/*
 * The row is about to change for the first time since the last peak (see
 * site_row.peak_bytes) or the last drain (see touched_block). This is rare; it
 * is not inlined, so that it costs the usual case no registers.
 */
__attribute__((noinline)) static void begin_epoch(struct site_row *row)
{
	uint64_t epoch = __atomic_load_n(&head->epoch, __ATOMIC_RELAXED);

	if ((uint32_t)row->epoch != (uint32_t)epoch)
		row->peak_bytes =
			(int64_t)(row->allocated_bytes - row->freed_bytes);
	touched->drains_count[((uintptr_t)row - (uintptr_t)head) >>
			      TOUCHED_SHIFT] = (uint16_t)(epoch >> 32);
	row->epoch = epoch;
}

static inline void keep_epoch(struct site_row *row)
{
	if (__builtin_expect(row->epoch != __atomic_load_n(&head->epoch,
							   __ATOMIC_RELAXED),
			     0))
		begin_epoch(row);
}

/*
 * A new block. A sampled block counts as `weight` allocations, of which it is
 * the only one that was kept.
 */
struct birth {
	const void *block;
	size_t bytes;
	uint64_t weight;
	uint32_t site;
};

__attribute__((always_inline)) static inline void
count_birth(struct site_row *row, const struct birth *birth)
{
	if (track_plan.with_live)
		keep_epoch(row);
	count_add(&row->allocations_count, birth->weight);
	count_add(&row->allocated_bytes, birth->bytes * birth->weight);
}

__attribute__((always_inline)) static inline void
start_life(struct tracking *tracking, struct live_record *place,
	   const struct birth *birth)
{
	uint64_t ticks = ticks_now();

	*place = (struct live_record){
		.site = birth->site & (SITES_MAX - 1),
		.born = ticks >> LIVE_TICKS_SHIFT & LIVE_BORN_MAX,
		.bytes = birth->bytes & LIVE_BYTES_MAX,
		.weight = birth->weight & SAMPLE_WEIGHT_MAX,
		.is_live = 1,
	};
	tracking->newest = birth->block;
	change_live(tracking, (int64_t)(birth->bytes * birth->weight), ticks);
}

/*
 * The fast path, which calls no function: nearly all allocations take it.
 * Returns false if a call site, a row or a place for the record must be made
 * first, or if a signal handler has interrupted this.
 */
__attribute__((always_inline)) static inline bool
track_fast(struct thread_block *self, const void *block, size_t bytes,
	   const struct stack_entry *entry)
{
	struct tracking *tracking = self->tracking;
	struct birth birth = {.block = block, .bytes = bytes, .weight = 1};
	struct live_record *place = NULL;
	struct site_row *row;

	if (!tracking || !tracking->memos || !begin_busy(tracking))
		return false;
	birth.site = stack_memo_recall(tracking->memos, entry, self->stage);
	end_busy(tracking);
	row = call_site_row_at_hand(&tracking->rows, birth.site);
	if (!birth.site || !row)
		return false;
	if (track_plan.with_live && !(place = live_place(block)))
		return false;
	count_birth(row, &birth);
	if (track_plan.with_live)
		start_life(tracking, place, &birth);
	return true;
}

static void track_birth(struct thread_block *self, struct tracking *tracking,
			struct birth *birth, const struct stack_entry *entry)
{
	struct live_record *place = NULL;
	struct site_row *row;

	birth->site = track_site_of(self, entry);
	row = call_site_row(&tracking->rows, self, birth->site);
	if (row)
		count_birth(row, birth);
	if (track_plan.with_live)
		place = live_place_for(birth->block);
	if (place)
		start_life(tracking, place, birth);
}

__attribute__((noinline, cold)) static void
track_slow(struct thread_block *self, const void *block, size_t bytes,
	   const struct stack_entry *entry)
{
	struct birth birth = {.block = block, .bytes = bytes, .weight = 1};
	struct tracking *tracking;

	if (track_plan.with_budgets)
		budget_allocation(self, bytes, entry);
	tracking = track_plan.with_stacks ? tracking_of(self) : NULL;
	if (tracking && track_plan.sample_bytes)
		birth.weight = byte_sampler_take(&tracking->sampler, bytes);
	if (tracking && birth.weight)
		track_birth(self, tracking, &birth, entry);
}

void track_allocation(struct thread_block *self, const void *block,
		      size_t bytes, const struct stack_entry *entry)
{
	if (__builtin_expect(!track_plan.is_plain, 0) ||
	    __builtin_expect(!track_fast(self, block, bytes, entry), 0))
		track_slow(self, block, bytes, entry);
}

bool track_take(const void *block, struct live_record *record)
{
	return live_take(block, record);
}

void track_put_back(const void *block, const struct live_record *record)
{
	live_put(block, record);
}

__attribute__((always_inline)) static inline void
end_life(struct tracking *tracking, struct site_row *row, const void *block,
	 const struct live_record *ended)
{
	uint64_t ticks = ticks_now();
	struct live_record record = *ended;
	uint64_t weight = record.weight;

	keep_epoch(row);
	count_add(&row->frees_count, weight);
	count_add(&row->freed_bytes, record.bytes * weight);
	count_add(&row->lifetime_ticks,
		  live_age_ticks(&record, ticks) * weight);
	if (tracking->newest == block) {
		count_add(&row->temporary_count, weight);
		tracking->newest = NULL;
	}
	change_live(tracking, -(int64_t)(record.bytes * weight), ticks);
}

/*
 * This thread frees a block of another thread, from a call site for which it
 * has no row yet.
 */
__attribute__((noinline, cold)) static void
end_slow(struct thread_block *self, const void *block,
	 const struct live_record *record)
{
	struct tracking *tracking = tracking_of(self);
	struct site_row *row =
		tracking ? call_site_row(&tracking->rows, self, record->site)
			 : NULL;

	if (row)
		end_life(tracking, row, block, record);
}

__attribute__((always_inline)) static inline void
track_end(struct thread_block *self, const void *block,
	  const struct live_record *record)
{
	struct tracking *tracking = self->tracking;
	struct site_row *row =
		tracking ? call_site_row_at_hand(&tracking->rows, record->site)
			 : NULL;

	if (__builtin_expect(row != NULL, 1))
		end_life(tracking, row, block, record);
	else
		end_slow(self, block, record);
}

void track_freed(struct thread_block *self, const void *block,
		 const struct live_record *record)
{
	track_end(self, block, record);
}

__attribute__((noinline, cold)) static void note_unmatched(void)
{
	/* When allocations are sampled, most blocks have no record. */
	if (!track_plan.sample_bytes)
		__atomic_fetch_add(&head->unmatched_frees_count, 1,
				   __ATOMIC_RELAXED);
}

void track_free(struct thread_block *self, const void *block)
{
	/*
	 * The record can still be read: nobody else gets this address before
	 * the block is freed.
	 */
	const struct live_record *record = live_end(block);

	if (__builtin_expect(record != NULL, 1))
		track_end(self, block, record);
	else
		note_unmatched();
}

void track_restart(void)
{
	stack_tables_restart();
	budget_restart();
	if (!(track_plan.with_stacks || track_plan.with_locks))
		return;
	head->has_live = track_plan.with_live;
	head->sample_bytes = track_plan.sample_bytes;
	call_sites_restart();
	live_restart();
	lock_table_restart();
	take_touched();
	process_restart_texts();
	process_save_command();
	process_save_maps(stack_tables_now());
}
