#include "preload/alloc_track.h"
#include "preload/alloc_budget.h"
#include "preload/arena.h"
#include "preload/byte_sampler.h"
#include "preload/call_sites.h"
#include "preload/lock_table.h"
#include "preload/process_texts.h"
#include "preload/thread_counts.h"
#include "preload/ticks.h"
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>

/*
 * With more than one thread each adds its live bytes to the common sum only
 * in such portions, or they would all wait for one cache line: the peak is
 * then known to this much per thread. With one thread it is exact. What
 * comes and goes at random by some hundred bytes adds a portion every few
 * hundred calls.
 */
#define LIVE_PORTION_BYTES ((int64_t)4 << 10)

struct tracking {
	bool is_busy;                /* a signal handler must not enter again */
	bool is_ending;              /* the thread's destructors run */
	struct stack_walker *walker; /* NULL: not yet, or no longer */
	const void *newest; /* the thread's last allocation, if still alive */
	int64_t live_delta_bytes;
	struct byte_sampler sampler;
	struct site_rows rows;
};

struct track_plan track_plan;

/* Stays where it is from track_open on, in forked children too. */
static struct arena_head *head;

/* Its destructor is how a thread says that it ends. */
static pthread_key_t end_key;
static bool has_end_key;

/* Two threads may both find a peak: the higher one stays. */
static void note_peak(int64_t live_bytes, uint64_t ticks)
{
	int64_t peak = __atomic_load_n(&head->peak_bytes, __ATOMIC_RELAXED);

	while (live_bytes > peak)
		if (__atomic_compare_exchange_n(
			    &head->peak_bytes, &peak, live_bytes, false,
			    __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			head->peak_ticks = ticks;
			__atomic_fetch_add(&head->peak_epoch, 1,
					   __ATOMIC_RELAXED);
			return;
		}
}

static void change_live_alone(int64_t delta, uint64_t ticks)
{
	head->live_bytes += delta;
	if (head->live_bytes > head->peak_bytes) {
		head->peak_bytes = head->live_bytes;
		head->peak_ticks = ticks;
		head->peak_epoch++;
	}
}

static void add_portion(struct tracking *tracking, uint64_t ticks)
{
	int64_t portion = tracking->live_delta_bytes;
	int64_t live_bytes;

	tracking->live_delta_bytes = 0;
	live_bytes = __atomic_add_fetch(&head->live_bytes, portion,
					__ATOMIC_RELAXED);
	if (portion > 0)
		note_peak(live_bytes, ticks);
}

static void change_live(struct tracking *tracking, int64_t delta,
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

/*
 * What another thread frees after this one must be in the common sum by
 * then; and who takes over the thread's block has another stack to walk.
 * The destructors that run after this one come back to the hooks.
 */
static void end_thread(void *ending)
{
	struct tracking *tracking = ending;
	struct stack_walker *walker = tracking->walker;

	tracking->is_ending = true;
	tracking->walker = NULL;
	if (walker)
		stack_walker_free(walker);
	if (track_plan.with_live)
		add_portion(tracking, ticks_now());
}

void track_open(const struct track_plan *plan)
{
	head = arena_get_head();
	if (!head || !(plan->with_stacks || plan->with_locks))
		return;
	head->started = instant_now();
	has_end_key = !pthread_key_create(&end_key, end_thread);
	stack_walk_prepare();
	process_save_command();
	track_plan.with_locks = plan->with_locks;
	track_plan.with_stacks = plan->with_stacks;
	track_plan.with_live = plan->with_stacks && plan->with_live &&
			       live_open();
	track_plan.sample_bytes = plan->sample_bytes;
	track_plan.is_active |= plan->with_stacks;
	head->has_live = track_plan.with_live;
	head->sample_bytes = track_plan.sample_bytes;
}

static struct tracking *make_tracking(struct thread_block *self)
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

static struct tracking *tracking_of(struct thread_block *self)
{
	return self->tracking ? self->tracking : make_tracking(self);
}

static uint32_t new_site(struct tracking *tracking, struct thread_block *self,
			 const struct stack_entry *entry)
{
	int saved_errno = errno;
	struct stack stack;
	uint32_t site;

	thread_hush(self); /* tables of libraries loaded since allocate */
	stack_walk(tracking->walker, entry, &stack);
	site = call_site_id(&stack, self->stage);
	stack_walk_remember(tracking->walker, self->stage, site);
	thread_unhush(self);
	errno = saved_errno;
	return site;
}

/* Again by each thread that goes on in the block of one that is gone. */
static bool start_walker(struct tracking *tracking, struct thread_block *self)
{
	int saved_errno = errno;

	thread_hush(self);
	tracking->is_ending = false;
	tracking->walker = stack_walker_new();
	if (has_end_key)
		pthread_setspecific(end_key, tracking);
	thread_unhush(self);
	errno = saved_errno;
	return tracking->walker != NULL;
}

static uint32_t find_site(struct tracking *tracking, struct thread_block *self,
			  const struct stack_entry *entry)
{
	uint32_t site;

	if (__builtin_expect(!tracking->walker, 0) &&
	    !start_walker(tracking, self))
		return 0;
	site = stack_walk_recall(tracking->walker, entry, self->stage);
	return site ? site : new_site(tracking, self, entry);
}

uint32_t track_site_of(struct thread_block *self,
		       const struct stack_entry *entry)
{
	struct tracking *tracking = tracking_of(self);
	uint32_t site = 0;

	if (!tracking || tracking->is_busy)
		return 0;
	tracking->is_busy = true;
	site = find_site(tracking, self, entry);
	tracking->is_busy = false;
	return site;
}

/* The row, which is about to change: see site_row.peak_bytes. */
static struct site_row *row_to_change(struct tracking *tracking,
				      const struct thread_block *self,
				      uint32_t site)
{
	struct site_row *row = call_site_row(&tracking->rows, self, site);
	uint64_t epoch;

	if (!row || !track_plan.with_live)
		return row;
	epoch = __atomic_load_n(&head->peak_epoch, __ATOMIC_RELAXED);
	if (row->epoch != epoch) {
		row->peak_bytes =
			(int64_t)(row->allocated_bytes - row->freed_bytes);
		row->epoch = epoch;
	}
	return row;
}

static void start_life(struct tracking *tracking, const void *block,
		       size_t bytes, uint64_t weight, uint32_t site)
{
	uint64_t ticks = ticks_now();
	struct live_record record = {
		.site = site & (SITES_MAX - 1),
		.born = ticks >> LIVE_TICKS_SHIFT & LIVE_BORN_MAX,
		.bytes = bytes & LIVE_BYTES_MAX,
		.weight = weight & SAMPLE_WEIGHT_MAX,
		.is_live = 1,
	};

	live_put(block, &record);
	tracking->newest = block;
	change_live(tracking, (int64_t)(bytes * weight), ticks);
}

void track_watch_budgets(void)
{
	track_plan.with_budgets = true;
	track_plan.is_active = true;
}

static void track_site(struct thread_block *self, const void *block,
		       size_t bytes, const struct stack_entry *entry)
{
	struct tracking *tracking = tracking_of(self);
	struct site_row *row;
	uint64_t weight = 1;
	uint32_t site = 0;
	bool was_busy;

	if (!tracking)
		return;
	if (track_plan.sample_bytes)
		weight = byte_sampler_take(&tracking->sampler, bytes);
	if (!weight)
		return;
	was_busy = tracking->is_busy;
	tracking->is_busy = true;
	if (!was_busy)
		site = find_site(tracking, self, entry);
	row = row_to_change(tracking, self, site);
	if (row) {
		count_add(&row->allocations_count, weight);
		count_add(&row->allocated_bytes, bytes * weight);
	}
	if (track_plan.with_live)
		start_life(tracking, block, bytes, weight, site);
	tracking->is_busy = was_busy;
}

void track_allocation(struct thread_block *self, const void *block,
		      size_t bytes, const struct stack_entry *entry)
{
	if (track_plan.with_budgets)
		budget_allocation(self, bytes, entry);
	if (track_plan.with_stacks)
		track_site(self, block, bytes, entry);
}

bool track_take(const void *block, struct live_record *record)
{
	return live_take(block, record);
}

void track_put_back(const void *block, const struct live_record *record)
{
	live_put(block, record);
}

void track_freed(struct thread_block *self, const void *block,
		 const struct live_record *record)
{
	struct tracking *tracking = tracking_of(self);
	uint64_t ticks = ticks_now();
	struct site_row *row;

	row = tracking ? row_to_change(tracking, self, record->site) : NULL;
	if (!row)
		return;
	count_add(&row->frees_count, record->weight);
	count_add(&row->freed_bytes, record->bytes * record->weight);
	if (tracking->newest == block)
		count_add(&row->temporary_count, record->weight);
	count_add(&row->lifetime_ticks,
		  record->weight *
			  (ticks - (record->born << LIVE_TICKS_SHIFT)));
	if (tracking->newest == block)
		tracking->newest = NULL;
	change_live(tracking, -(int64_t)(record->bytes * record->weight),
		    ticks);
}

void track_free(struct thread_block *self, const void *block)
{
	struct live_record record;

	if (live_take(block, &record))
		track_freed(self, block, &record);
	else if (!track_plan.sample_bytes) /* those not kept have none */
		__atomic_fetch_add(&head->unmatched_frees_count, 1,
				   __ATOMIC_RELAXED);
}

void track_restart(void)
{
	stack_walk_restart();
	budget_restart();
	if (!(track_plan.with_stacks || track_plan.with_locks))
		return;
	head->started = instant_now();
	head->has_live = track_plan.with_live;
	head->sample_bytes = track_plan.sample_bytes;
	call_sites_restart();
	live_restart();
	lock_table_restart();
	process_restart_texts();
	process_save_command();
	process_save_maps();
}
