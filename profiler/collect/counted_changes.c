/* Changes of allocations and locks: numbered sites and locks, and two rings. */
#include "collect/counted_changes.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "collect/address_stacks.h"
#include "collect/lock_names.h"
#include "collect/row_ring.h"
#include "foundation/growing_array.h"
#include "session/session.h"
#include "sources/trace_event.h"
#include "unwind/address_space.h"

/* With the samples, a session of these stays below its limit of 1 GiB. */
#define ALLOCATION_CHANGES_MAX ((size_t)1 << 20)
#define LOCK_CHANGES_MAX       ((size_t)1 << 19)

struct counted_lock {
	const struct arena_image *image; /* NULL: it is closed */
	uint32_t lock;
	uint32_t kind_id, name_id; /* 0: not named yet, or nobody's */
};

/* Numbers that were given once, and that nothing refers to any more. */
struct free_numbers {
	uint32_t *numbers;
	size_t count;
};

struct clinic_counted_changes {
	struct clinic_session *session;
	struct clinic_address_stacks *stacks;
	struct clinic_counted_site *sites; /* by number; 0: none */
	size_t sites_count, sites_room;
	struct free_numbers free_sites, free_locks;
	struct counted_lock *locks; /* by number; 0: none */
	size_t locks_count, locks_room;
	struct clinic_lock_names *names;
	/* stack_id and owner_stack_id are sites' numbers, name_id a lock's. */
	struct clinic_row_ring allocations, lock_changes;
	/*
	 * The thread of the last event, because the next event is mostly of the
	 * same thread.
	 */
	uint32_t pid, tid, thread_id;
};

int clinic_counted_changes_new(struct clinic_session *session,
			       struct clinic_address_stacks *stacks,
			       struct clinic_counted_changes **changes)
{
	struct clinic_counted_changes *made = calloc(1, sizeof(*made));
	int err = made ? 0 : -ENOMEM;

	if (err)
		return err;
	made->session = session;
	made->stacks = stacks;
	made->sites_count = made->locks_count = 1;
	made->allocations = (struct clinic_row_ring){
		.row_bytes = sizeof(struct clinic_allocation_change),
		.most = ALLOCATION_CHANGES_MAX,
	};
	made->lock_changes = (struct clinic_row_ring){
		.row_bytes = sizeof(struct clinic_lock_change),
		.most = LOCK_CHANGES_MAX,
	};
	err = clinic_lock_names_new(&made->names);
	if (err) {
		clinic_counted_changes_free(made);
		return err;
	}
	*changes = made;
	return 0;
}

void clinic_counted_changes_free(struct clinic_counted_changes *changes)
{
	if (!changes)
		return;
	clinic_lock_names_free(changes->names);
	clinic_row_ring_free(&changes->allocations);
	clinic_row_ring_free(&changes->lock_changes);
	free(changes->sites);
	free(changes->locks);
	free(changes->free_sites.numbers);
	free(changes->free_locks.numbers);
	free(changes);
}

static int push_frame(struct clinic_counted_changes *changes,
		      const struct clinic_space *space, uint64_t address,
		      uint32_t *stack)
{
	struct clinic_address_frame frame = {.address = address,
					     .module = CLINIC_ADDRESS_NOWHERE,
					     .parent = *stack};
	struct clinic_place place;

	if (space && !clinic_space_find(space, address, &place)) {
		frame.module = (uint32_t)clinic_module_index(place.module);
		frame.address = place.file_offset;
	}
	return clinic_address_stacks_push(changes->stacks, &frame, stack);
}

static uint32_t next_number(struct free_numbers *unused, size_t *count)
{
	return unused->count ? unused->numbers[--unused->count]
			     : (uint32_t)(*count)++;
}

/* At its first event. */
static int add_site(struct clinic_counted_changes *changes,
		    const struct clinic_event_site *site)
{
	struct clinic_counted_site *grown =
		clinic_grow(changes->sites, changes->sites_count,
			    &changes->sites_room, sizeof(*grown));
	struct clinic_counted_site made = {0};
	int err = 0;

	if (!grown)
		return -ENOMEM;
	changes->sites = grown;
	for (uint32_t i = site->frames_count; !err && i-- > 0;)
		err = push_frame(changes, site->space, site->frames[i],
				 &made.stack_id);
	if (!err && *site->stage)
		err = clinic_session_stage_id(changes->session, site->stage,
					      &made.stage_id);
	if (err)
		return err;
	grown[0] = (struct clinic_counted_site){0};
	*site->number =
		next_number(&changes->free_sites, &changes->sites_count);
	grown[*site->number] = made;
	return 0;
}

static int number_of(struct clinic_counted_changes *changes,
		     const struct clinic_event_site *site, uint32_t *number)
{
	int err = site && !*site->number ? add_site(changes, site) : 0;

	*number = site && !err ? *site->number : 0;
	return err;
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
	int err = number_of(changes, more->site, &row.stack_id);

	if (!err)
		err = find_thread(changes, event, more->thread_name,
				  &row.thread_id);
	return err ? err : clinic_row_ring_add(&changes->allocations, &row);
}

static int number_of_lock(struct clinic_counted_changes *changes,
			  const struct clinic_event_lock *more,
			  uint32_t *number)
{
	struct counted_lock *grown;

	if (!*more->number) {
		grown = clinic_grow(changes->locks, changes->locks_count,
				    &changes->locks_room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		changes->locks = grown;
		*more->number = next_number(&changes->free_locks,
					    &changes->locks_count);
		grown[*more->number] = (struct counted_lock){
			.image = more->image, .lock = more->lock};
	}
	*number = *more->number;
	return 0;
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
	int err = number_of_lock(changes, more, &row.name_id);

	if (!err)
		err = number_of(changes, more->site, &row.stack_id);
	if (!err)
		err = number_of(changes, more->owner, &row.owner_stack_id);
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

struct clinic_counted_site
clinic_counted_site(const struct clinic_counted_changes *changes,
		    uint32_t number)
{
	return number && number < changes->sites_count
		       ? changes->sites[number]
		       : (struct clinic_counted_site){0};
}

struct clinic_counted_site *
clinic_counted_sites(struct clinic_counted_changes *changes, size_t *count)
{
	*count = changes->sites ? changes->sites_count : 0;
	return changes->sites;
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

void clinic_counted_changes_texts(struct clinic_counted_changes *changes,
				  clinic_on_number *on_number, void *context)
{
	for (size_t i = 1; i < changes->locks_count; i++) {
		on_number(context, &changes->locks[i].kind_id);
		on_number(context, &changes->locks[i].name_id);
	}
}

static int name_lock(struct clinic_counted_changes *changes,
		     struct counted_lock *lock)
{
	char name[CLINIC_LOCK_NAME_BYTES];
	const char *kind;
	int err = clinic_lock_names_find(changes->names, lock->image,
					 lock->lock, &kind, name);

	if (!err)
		err = clinic_session_text_id(changes->session, kind,
					     &lock->kind_id);
	return err ? err
		   : clinic_session_text_id(changes->session, name,
					    &lock->name_id);
}

int clinic_counted_changes_name_locks(struct clinic_counted_changes *changes)
{
	int err = 0;

	for (size_t i = 1; !err && i < changes->locks_count; i++)
		if (changes->locks[i].image && !changes->locks[i].kind_id)
			err = name_lock(changes, &changes->locks[i]);
	return err;
}

void clinic_counted_changes_end(struct clinic_counted_changes *changes,
				const struct arena_image *image)
{
	for (size_t i = 1; i < changes->locks_count; i++)
		if (changes->locks[i].image == image)
			changes->locks[i].image = NULL;
	clinic_lock_names_forget(changes->names);
}

/* What refers to a site or a lock: kept changes, and arenas that are open. */
struct used_numbers {
	uint32_t *sites, *locks;
};

static void mark_number(void *context, uint32_t *number)
{
	uint32_t *used = context;

	used[*number] = 1;
}

static void mark_changes(struct clinic_counted_changes *changes,
			 const struct used_numbers *used)
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

static void mark_image(const struct arena_image *image,
		       const struct used_numbers *used)
{
	const struct arena_site *sites = image->sites.elements;
	const struct arena_lock_seen *locks = image->locks.elements;

	for (size_t i = 0; i < image->sites.count; i++)
		used->sites[sites[i].number] = 1;
	for (size_t i = 0; i < image->locks.count; i++)
		used->locks[locks[i].number] = 1;
}

static int gather_unused(struct free_numbers *unused, const uint32_t *used,
			 size_t count)
{
	free(unused->numbers);
	unused->count = 0;
	unused->numbers = malloc(count * sizeof(*unused->numbers));
	if (!unused->numbers)
		return -ENOMEM;
	for (size_t i = 1; i < count; i++)
		if (!used[i])
			unused->numbers[unused->count++] = (uint32_t)i;
	return 0;
}

/* An unused site holds no stack, and an unused lock no name. */
static int free_unused(struct clinic_counted_changes *changes,
		       const struct used_numbers *used)
{
	int err = gather_unused(&changes->free_sites, used->sites,
				changes->sites_count);

	if (!err)
		err = gather_unused(&changes->free_locks, used->locks,
				    changes->locks_count);
	for (size_t i = 0; !err && i < changes->free_sites.count; i++)
		changes->sites[changes->free_sites.numbers[i]] =
			(struct clinic_counted_site){0};
	for (size_t i = 0; !err && i < changes->free_locks.count; i++)
		changes->locks[changes->free_locks.numbers[i]] =
			(struct counted_lock){0};
	return err;
}

int clinic_counted_changes_reuse(struct clinic_counted_changes *changes,
				 struct arena_image *const *images,
				 size_t images_count)
{
	struct used_numbers used = {
		.sites = calloc(changes->sites_count, sizeof(*used.sites)),
		.locks = calloc(changes->locks_count, sizeof(*used.locks)),
	};
	int err = used.sites && used.locks ? 0 : -ENOMEM;

	if (!err) {
		mark_changes(changes, &used);
		for (size_t i = 0; i < images_count; i++)
			mark_image(images[i], &used);
		err = free_unused(changes, &used);
	}
	free(used.sites);
	free(used.locks);
	return err;
}

int clinic_counted_lock(struct clinic_counted_changes *changes, uint32_t number,
			uint32_t *kind_id, uint32_t *name_id)
{
	*kind_id = *name_id = 0;
	if (!number || number >= changes->locks_count ||
	    !changes->locks[number].kind_id)
		return -ENOENT;
	*kind_id = changes->locks[number].kind_id;
	*name_id = changes->locks[number].name_id;
	return 0;
}

static int save_allocation(const struct clinic_counted_changes *changes,
			   const struct clinic_allocation_change *kept,
			   const uint32_t *stack_ids,
			   struct clinic_session *session)
{
	struct clinic_counted_site site =
		clinic_counted_site(changes, kept->stack_id);
	struct clinic_allocation_change row = *kept;

	row.stack_id = stack_ids[site.stack_id];
	row.stage_id = site.stage_id;
	return clinic_session_add(session, CLINIC_ALLOCATION_CHANGES, &row);
}

static int save_lock(struct clinic_counted_changes *changes,
		     const struct clinic_lock_change *kept,
		     const uint32_t *stack_ids, struct clinic_session *session)
{
	struct clinic_counted_site site =
		clinic_counted_site(changes, kept->stack_id);
	struct clinic_counted_site owner =
		clinic_counted_site(changes, kept->owner_stack_id);
	struct clinic_lock_change row = *kept;

	(void)clinic_counted_lock(changes, kept->name_id, &row.kind_id,
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
