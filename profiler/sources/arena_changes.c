/* Compares the rows of an arena with what they were, and emits the changes. */
#include "sources/arena_changes.h"
#include "sources/file_owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The same counter is written by the target meanwhile. */
static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/*
 * Sets which thread the event is about. A block that stands for several threads
 * is no single thread.
 */
static const char *set_thread(const struct arena_image *image,
			      uint64_t thread_at, struct clinic_event *event,
			      char name[17])
{
	const struct thread_block *thread = clinic_arena_block(
		&image->file, BLOCK_THREAD,
		clinic_arena_find(&image->file, BLOCK_THREAD, thread_at));

	event->pid = image->file.pid;
	event->tid = thread ? clinic_owned_thread(image->file.pid,
						  image->file.head->pid,
						  thread->tid)
			    : 0;
	if (!thread || thread->folded_count)
		return NULL;
	memcpy(name, thread->name, sizeof(thread->name));
	name[sizeof(thread->name)] = '\0';
	return name;
}

static struct arena_row_seen read_row(const struct site_row *row)
{
	return (struct arena_row_seen){
		.allocations_count = load(&row->allocations_count),
		.bytes = load(&row->allocated_bytes),
		.frees_count = load(&row->frees_count),
		.freed_bytes = load(&row->freed_bytes),
	};
}

static bool is_same(const struct arena_row_seen *a,
		    const struct arena_row_seen *b)
{
	return a->allocations_count == b->allocations_count &&
	       a->bytes == b->bytes && a->frees_count == b->frees_count &&
	       a->freed_bytes == b->freed_bytes;
}

/* No program counts as much between two drains; random bytes mostly do. */
#define PLAUSIBLE_MAX (UINT64_C(1) << 48)

static bool is_plausible(uint64_t now, uint64_t seen)
{
	return now >= seen && now - seen < PLAUSIBLE_MAX;
}

static bool is_sound(const struct arena_row_seen *now,
		     const struct arena_row_seen *seen)
{
	return is_plausible(now->allocations_count, seen->allocations_count) &&
	       is_plausible(now->bytes, seen->bytes) &&
	       is_plausible(now->frees_count, seen->frees_count) &&
	       is_plausible(now->freed_bytes, seen->freed_bytes);
}

static const char makes_no_sense[] = "its counters make no sense";

static int emit_row(struct arena_image *image,
		    const struct arena_emission *emission,
		    struct clinic_event *event, uint32_t id,
		    const struct arena_row_seen *now,
		    struct arena_row_seen *seen)
{
	struct clinic_event_allocations *changes = &event->allocations;
	struct arena_event_site found;
	int err =
		clinic_arena_image_site(image, id, emission->is_final, &found);

	image->is_changing = true;
	if (err == -EAGAIN)
		return 0; /* it will be known at the next drain */
	changes->site = err ? NULL : &found.site;
	changes->allocations_count =
		now->allocations_count - seen->allocations_count;
	changes->bytes = now->bytes - seen->bytes;
	changes->frees_count = now->frees_count - seen->frees_count;
	changes->freed_bytes = now->freed_bytes - seen->freed_bytes;
	image->live_bytes += (int64_t)(changes->bytes - changes->freed_bytes);
	seen->allocations_count = now->allocations_count;
	seen->bytes = now->bytes;
	seen->frees_count = now->frees_count;
	seen->freed_bytes = now->freed_bytes;
	return emission->on_event(emission->context, event);
}

/* The rows from `from` up to, but not including, `to` of one block. */
struct row_range {
	uint32_t from, to;
};

static int emit_rows(struct arena_image *image,
		     const struct arena_emission *emission,
		     const struct rows_block *block,
		     struct arena_row_seen *seen, const struct row_range *range)
{
	uint32_t first = __atomic_load_n(&block->first_site, __ATOMIC_RELAXED);
	struct clinic_event event = {.kind = CLINIC_EVENT_ALLOCATIONS,
				     .time_ns = emission->time_ns};
	char name[17];
	int err = 0;

	event.allocations.thread_name =
		set_thread(image, load(&block->thread_at), &event, name);
	for (uint32_t i = range->from; !err && i < range->to; i++) {
		struct arena_row_seen now = read_row(&block->rows[i]);

		if (is_same(&now, &seen[i]))
			continue;
		if (!is_sound(&now, &seen[i]))
			clinic_arena_note_damage(&image->file, makes_no_sense);
		if (!image->file.damage)
			err = emit_row(image, emission, &event, first + i, &now,
				       &seen[i]);
	}
	return err;
}

static bool is_touched(const struct touched_block *touched, uint64_t part,
		       const struct arena_emission *emission)
{
	uint16_t mark =
		__atomic_load_n(&touched->drains_count[part], __ATOMIC_RELAXED);

	return (uint16_t)(emission->drains_count - mark) <= CLINIC_ARENA_LOOKS;
}

/* The range of rows that begin in that part of the arena. */
static struct row_range rows_in(uint64_t rows_at, uint64_t part)
{
	uint64_t start = part << TOUCHED_SHIFT;
	uint64_t end = start + (UINT64_C(1) << TOUCHED_SHIFT);
	uint64_t bytes = sizeof(struct site_row);
	uint64_t to = (end - rows_at + bytes - 1) / bytes;

	return (struct row_range){
		.from = start > rows_at
				? (uint32_t)((start - rows_at + bytes - 1) /
					     bytes)
				: 0,
		.to = to < ROWS_PER_BLOCK ? (uint32_t)to : ROWS_PER_BLOCK,
	};
}

static int emit_touched(struct arena_image *image,
			const struct arena_emission *emission,
			const struct touched_block *touched, size_t at)
{
	const struct rows_block *block =
		clinic_arena_block(&image->file, BLOCK_ROWS, at);
	struct arena_row_seen **seen = image->rows.elements;
	uint64_t rows_at = image->file.blocks[BLOCK_ROWS].entries[at].at +
			   offsetof(struct rows_block, rows);
	uint64_t end = (rows_at + sizeof(block->rows) - 1) >> TOUCHED_SHIFT;
	int err = 0;

	for (uint64_t part = rows_at >> TOUCHED_SHIFT; !err && part <= end;
	     part++) {
		struct row_range range = rows_in(rows_at, part);

		if (part >= TOUCHED_PARTS ||
		    is_touched(touched, part, emission))
			err = emit_rows(image, emission, block, seen[at],
					&range);
	}
	return err;
}

static int emit_block(struct arena_image *image,
		      const struct arena_emission *emission, size_t at)
{
	static const struct row_range all = {0, ROWS_PER_BLOCK};
	const struct touched_block *touched =
		clinic_arena_block(&image->file, BLOCK_TOUCHED, 0);
	struct arena_row_seen **seen = image->rows.elements;

	if (seen[at] && touched && !emission->is_full)
		return emit_touched(image, emission, touched, at);
	if (!seen[at])
		seen[at] = calloc(ROWS_PER_BLOCK, sizeof(*seen[at]));
	return seen[at] ? emit_rows(image, emission,
				    clinic_arena_block(&image->file, BLOCK_ROWS,
						       at),
				    seen[at], &all)
			: -ENOMEM;
}

static void keep_quiet_peak(struct arena_image *image, uint64_t time_ns)
{
	struct arena_row_seen **seen = image->rows.elements;

	image->quiet_peak = (struct arena_quiet_peak){
		.bytes = image->live_bytes, .time_ns = time_ns};
	for (size_t at = 0; at < image->rows.count; at++)
		for (size_t i = 0; seen[at] && i < ROWS_PER_BLOCK; i++)
			seen[at][i].quiet_bytes =
				(int64_t)(seen[at][i].bytes -
					  seen[at][i].freed_bytes);
}

int clinic_arena_emit_allocations(struct arena_image *image,
				  const struct arena_emission *emission)
{
	size_t count = image->file.blocks[BLOCK_ROWS].count;
	int err = clinic_arena_array_reach(&image->rows, count,
					   sizeof(struct arena_row_seen *));

	image->is_changing = false;
	for (size_t at = 0; !err && at < count; at++)
		err = emit_block(image, emission, at);
	if (!err && !image->is_changing &&
	    image->live_bytes > image->quiet_peak.bytes)
		keep_quiet_peak(image, emission->time_ns);
	return err;
}

static uint64_t since(uint64_t now, uint64_t seen)
{
	return now > seen ? now - seen : 0;
}

/* The place of the wait, and the place where the holder released the lock. */
struct wait_sites {
	struct arena_event_site waiter, owner;
	bool has_waiter, has_owner;
};

static int find_sites(struct arena_image *image, const struct wait_block *wait,
		      bool is_final, struct wait_sites *sites)
{
	int err = clinic_arena_image_site(image, wait->site, is_final,
					  &sites->waiter);
	int owner_err = clinic_arena_image_site(image, wait->owner_site,
						is_final, &sites->owner);

	sites->has_waiter = !err;
	sites->has_owner = !owner_err;
	return err == -EAGAIN ? err : owner_err == -EAGAIN ? owner_err : 0;
}

static int emit_wait(struct arena_image *image,
		     const struct arena_emission *emission,
		     const struct wait_block *wait, uint32_t lock,
		     const struct arena_wait_seen *more,
		     const struct wait_sites *sites)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_LOCK,
				     .time_ns = emission->time_ns};
	struct arena_lock_seen *locks = image->locks.elements;
	char name[17];

	event.lock = (struct clinic_event_lock){
		.image = image,
		.lock = lock,
		.number = &locks[lock].number,
		.acquisitions_count = more->count - more->expired_count,
		.contended_count = more->count,
		.wait_ns = more->wait_ns,
		.hold_ns = more->hold_ns,
		.site = sites->has_waiter ? &sites->waiter.site : NULL,
		.owner = sites->has_owner ? &sites->owner.site : NULL,
	};
	event.lock.thread_name =
		set_thread(image, load(&wait->thread_at), &event, name);
	return emission->on_event(emission->context, &event);
}

/* What is new in a row of waits; nothing while the target is writing it. */
static struct arena_wait_seen new_waits(struct arena_image *image,
					const struct wait_block *wait,
					const struct arena_wait_seen *seen)
{
	struct arena_wait_seen more = {
		.count = since(__atomic_load_n(&wait->count, __ATOMIC_ACQUIRE),
			       seen->count),
		.expired_count =
			since(load(&wait->expired_count), seen->expired_count),
		.wait_ns = since(load(&wait->wait_ns), seen->wait_ns),
		.hold_ns = since(load(&wait->hold_ns), seen->hold_ns),
	};

	if (more.count >= PLAUSIBLE_MAX)
		clinic_arena_note_damage(&image->file, makes_no_sense);
	return more.expired_count > more.count ? (struct arena_wait_seen){0}
					       : more;
}

static void see_waits(struct arena_wait_seen *seen,
		      const struct arena_wait_seen *more)
{
	seen->count += more->count;
	seen->expired_count += more->expired_count;
	seen->wait_ns += more->wait_ns;
	seen->hold_ns += more->hold_ns;
}

/*
 * before: the locks' counters as they were before the waits were read. A wait
 * that is put off, because its call site is not whole yet, leaves them, too.
 */
static int look_at_wait(struct arena_image *image,
			const struct arena_emission *emission, size_t at,
			uint64_t *before)
{
	const struct wait_block *wait =
		clinic_arena_block(&image->file, BLOCK_WAIT, at);
	struct arena_wait_seen *waits = image->waits.elements;
	struct arena_lock_seen *locks = image->locks.elements;
	struct arena_wait_seen more = new_waits(image, wait, &waits[at]);
	uint64_t acquisitions_count = more.count - more.expired_count;
	size_t lock = clinic_arena_find(&image->file, BLOCK_LOCK,
					load(&wait->lock_at));
	struct wait_sites sites;

	if (image->file.damage || lock >= image->locks.count ||
	    !(more.count || more.wait_ns || more.hold_ns))
		return 0;
	if (find_sites(image, wait, emission->is_final, &sites)) {
		before[lock] = since(before[lock], acquisitions_count);
		return 0;
	}
	see_waits(&waits[at], &more);
	locks[lock].waits_count += acquisitions_count;
	return emit_wait(image, emission, wait, (uint32_t)lock, &more, &sites);
}

/*
 * Emits the acquisitions that did not wait. before: the lock's counter as it
 * was before the waits were read.
 */
static int look_at_lock(struct arena_image *image,
			const struct arena_emission *emission, size_t at,
			uint64_t before)
{
	struct arena_lock_seen *locks = image->locks.elements;
	struct arena_lock_seen *seen = &locks[at];
	uint64_t at_once = since(before, seen->waits_count);
	struct clinic_event event = {.kind = CLINIC_EVENT_LOCK,
				     .pid = image->file.pid,
				     .time_ns = emission->time_ns};

	if (at_once <= seen->acquisitions_count || image->file.damage)
		return 0;
	event.lock = (struct clinic_event_lock){
		.image = image,
		.lock = (uint32_t)at,
		.number = &seen->number,
		.acquisitions_count = at_once - seen->acquisitions_count,
	};
	seen->acquisitions_count = at_once;
	return emission->on_event(emission->context, &event);
}

static void read_counters(const struct arena_image *image, uint64_t *counts)
{
	for (size_t at = 0; at < image->locks.count; at++) {
		const struct lock_block *lock =
			clinic_arena_block(&image->file, BLOCK_LOCK, at);

		counts[at] = __atomic_load_n(&lock->acquisitions_count,
					     __ATOMIC_ACQUIRE);
	}
}

static int emit_locks(struct arena_image *image,
		      const struct arena_emission *emission, uint64_t *before)
{
	int err = 0;

	for (size_t at = 0; !err && at < image->waits.count; at++)
		err = look_at_wait(image, emission, at, before);
	if (image->file.is_behind && !emission->is_final)
		return err;
	for (size_t at = 0; !err && at < image->locks.count; at++)
		/* read_counters() has set one for each lock. */
		/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
		err = look_at_lock(image, emission, at, before[at]);
	return err;
}

/*
 * The locks' counters are read before the waits, and before it is asked which
 * waits there are; and they wait where a row of waits may be hidden. So a wait
 * that was counted in between makes an acquisition without one late, never one
 * too many.
 */
static int read_waits(struct arena_image *image,
		      const struct arena_emission *emission, uint64_t *before)
{
	int err;

	read_counters(image, before);
	err = clinic_arena_refresh(&image->file);
	if (!err)
		err = clinic_arena_array_reach(
			&image->waits, image->file.blocks[BLOCK_WAIT].count,
			sizeof(struct arena_wait_seen));
	return err ? err : emit_locks(image, emission, before);
}

int clinic_arena_emit_locks(struct arena_image *image,
			    const struct arena_emission *emission)
{
	uint64_t *before;
	int err = clinic_arena_array_reach(&image->locks,
					   image->file.blocks[BLOCK_LOCK].count,
					   sizeof(struct arena_lock_seen));

	if (err || !image->locks.count)
		return err;
	before = malloc(image->locks.count * sizeof(*before));
	if (!before)
		return -ENOMEM;
	err = read_waits(image, emission, before);
	free(before);
	return err;
}
