/* Keeps the changes of allocations and of locks in two rings. */
#include "collect/counted_changes.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/row_ring.h"
#include "session/session.h"
#include "sources/trace_event.h"

/* With the samples, a session of these stays below its limit of 1 GiB. */
#define ALLOCATION_CHANGES_MAX ((size_t)1 << 20)
#define LOCK_CHANGES_MAX       ((size_t)1 << 19)

struct clinic_counted_changes {
	struct clinic_session *session;
	struct clinic_counted_numbers *numbers;
	/*
	 * In these rows stack_id and owner_stack_id are numbers of sites, and
	 * name_id is the number of a lock.
	 */
	struct clinic_row_ring allocations, lock_changes;
	/*
	 * The thread of the last event, because the next event is mostly of the
	 * same thread.
	 */
	uint32_t pid, tid, thread_id;
};

int clinic_counted_changes_new(struct clinic_session *session,
			       struct clinic_counted_numbers *numbers,
			       struct clinic_counted_changes **changes)
{
	struct clinic_counted_changes *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->session = session;
	made->numbers = numbers;
	made->allocations = (struct clinic_row_ring){
		.row_bytes = sizeof(struct clinic_allocation_change),
		.most = ALLOCATION_CHANGES_MAX,
	};
	made->lock_changes = (struct clinic_row_ring){
		.row_bytes = sizeof(struct clinic_lock_change),
		.most = LOCK_CHANGES_MAX,
	};
	*changes = made;
	return 0;
}

void clinic_counted_changes_free(struct clinic_counted_changes *changes)
{
	if (!changes)
		return;
	clinic_row_ring_free(&changes->allocations);
	clinic_row_ring_free(&changes->lock_changes);
	free(changes);
}

static int find_thread(struct clinic_counted_changes *changes,
		       const struct clinic_event *event, const char *name,
		       uint32_t *thread_id)
{
	int err = 0;

	*thread_id = 0;
	if (!name)
		return 0;
	if (changes->pid != event->pid || changes->tid != event->tid)
		err = clinic_session_thread_id(changes->session, event->pid,
					       event->tid, name,
					       &changes->thread_id);
	changes->pid = err ? 0 : event->pid;
	changes->tid = event->tid;
	*thread_id = changes->thread_id;
	return err;
}

static int handle_allocations(struct clinic_counted_changes *changes,
			      const struct clinic_event *event)
{
	const struct clinic_event_allocations *more = &event->allocations;
	struct clinic_allocation_change row = {
		.time_ns = event->time_ns,
		.allocations_count = more->allocations_count,
		.bytes = more->bytes,
		.frees_count = more->frees_count,
		.freed_bytes = more->freed_bytes,
	};
	int err = clinic_counted_numbers_site(changes->numbers, more->site,
					      &row.stack_id);

	if (!err)
		err = find_thread(changes, event, more->thread_name,
				  &row.thread_id);
	return err ? err : clinic_row_ring_add(&changes->allocations, &row);
}

static int handle_lock(struct clinic_counted_changes *changes,
		       const struct clinic_event *event)
{
	const struct clinic_event_lock *more = &event->lock;
	struct clinic_lock_change row = {
		.time_ns = event->time_ns,
		.acquisitions_count = more->acquisitions_count,
		.contended_count = more->contended_count,
		.wait_ns = more->wait_ns,
		.hold_ns = more->hold_ns,
	};
	int err = clinic_counted_numbers_lock(changes->numbers, more,
					      &row.name_id);

	if (!err)
		err = clinic_counted_numbers_site(changes->numbers, more->site,
						  &row.stack_id);
	if (!err)
		err = clinic_counted_numbers_site(changes->numbers, more->owner,
						  &row.owner_stack_id);
	if (!err)
		err = find_thread(changes, event, more->thread_name,
				  &row.thread_id);
	return err ? err : clinic_row_ring_add(&changes->lock_changes, &row);
}

int clinic_counted_changes_handle(struct clinic_counted_changes *changes,
				  const struct clinic_event *event)
{
	return event->kind == CLINIC_EVENT_LOCK
		       ? handle_lock(changes, event)
		       : handle_allocations(changes, event);
}

void clinic_counted_changes_threads(struct clinic_counted_changes *changes,
				    clinic_on_number *on_number, void *context)
{
	changes->pid = 0; /* the next event looks its thread up again */
	clinic_row_ring_numbers(
		&changes->allocations,
		offsetof(struct clinic_allocation_change, thread_id), on_number,
		context);
	clinic_row_ring_numbers(&changes->lock_changes,
				offsetof(struct clinic_lock_change, thread_id),
				on_number, context);
}

static void mark_number(void *context, uint32_t *number)
{
	uint32_t *used = context;

	used[*number] = 1;
}

static void mark_changes(struct clinic_counted_changes *changes,
			 const struct clinic_used_numbers *used)
{
	struct clinic_row_ring *locks = &changes->lock_changes;

	clinic_row_ring_numbers(
		&changes->allocations,
		offsetof(struct clinic_allocation_change, stack_id),
		mark_number, used->sites);
	clinic_row_ring_numbers(locks,
				offsetof(struct clinic_lock_change, stack_id),
				mark_number, used->sites);
	clinic_row_ring_numbers(
		locks, offsetof(struct clinic_lock_change, owner_stack_id),
		mark_number, used->sites);
	clinic_row_ring_numbers(locks,
				offsetof(struct clinic_lock_change, name_id),
				mark_number, used->locks);
}

int clinic_counted_changes_reuse(struct clinic_counted_changes *changes,
				 struct arena_image *const *images,
				 size_t images_count)
{
	struct clinic_used_numbers used;
	int err = clinic_counted_numbers_start_marks(changes->numbers, &used);

	if (!err) {
		mark_changes(changes, &used);
		for (size_t i = 0; i < images_count; i++)
			clinic_used_numbers_mark_image(images[i], &used);
		err = clinic_counted_numbers_free_unused(changes->numbers,
							 &used);
	}
	free(used.sites);
	free(used.locks);
	return err;
}

static int save_allocation(const struct clinic_counted_changes *changes,
			   const struct clinic_allocation_change *kept,
			   const uint32_t *stack_ids,
			   struct clinic_session *session)
{
	struct clinic_counted_site site =
		clinic_counted_site(changes->numbers, kept->stack_id);
	struct clinic_allocation_change row = *kept;

	row.stack_id = stack_ids[site.stack_id];
	row.stage_id = site.stage_id;
	return clinic_session_add(session, CLINIC_ALLOCATION_CHANGES, &row);
}

static int save_lock(const struct clinic_counted_changes *changes,
		     const struct clinic_lock_change *kept,
		     const uint32_t *stack_ids, struct clinic_session *session)
{
	struct clinic_counted_site site =
		clinic_counted_site(changes->numbers, kept->stack_id);
	struct clinic_counted_site owner =
		clinic_counted_site(changes->numbers, kept->owner_stack_id);
	struct clinic_lock_change row = *kept;

	(void)clinic_counted_lock(changes->numbers, kept->name_id, &row.kind_id,
				  &row.name_id);
	row.stack_id = stack_ids[site.stack_id];
	row.stage_id = site.stage_id;
	row.owner_stack_id = stack_ids[owner.stack_id];
	return clinic_session_add(session, CLINIC_LOCK_CHANGES, &row);
}

int clinic_counted_changes_save(struct clinic_counted_changes *changes,
				const uint32_t *stack_ids, uint64_t from_ns,
				uint64_t to_ns, struct clinic_session *session)
{
	struct clinic_row_ring *allocations = &changes->allocations;
	struct clinic_row_ring *locks = &changes->lock_changes;
	size_t end;
	int err = 0;

	clinic_row_ring_sort(allocations);
	end = clinic_row_ring_from(allocations, to_ns);
	for (size_t i = clinic_row_ring_from(allocations, from_ns);
	     !err && i < end; i++)
		err = save_allocation(changes,
				      clinic_row_ring_at(allocations, i),
				      stack_ids, session);
	clinic_row_ring_sort(locks);
	end = clinic_row_ring_from(locks, to_ns);
	for (size_t i = clinic_row_ring_from(locks, from_ns); !err && i < end;
	     i++)
		err = save_lock(changes, clinic_row_ring_at(locks, i),
				stack_ids, session);
	return err;
}

uint64_t
clinic_counted_changes_overwritten(const struct clinic_counted_changes *changes)
{
	return changes->allocations.overwritten_count +
	       changes->lock_changes.overwritten_count;
}
