/* Numbers call sites and locks, and gives unused numbers out again. */
#include "collect/counted_numbers.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/address_stacks.h"
#include "collect/lock_names.h"
#include "foundation/growing_array.h"
#include "session/session.h"
#include "sources/trace_event.h"
#include "unwind/address_space.h"

struct counted_lock {
	const struct arena_image *image; /* NULL: it is closed */
	uint32_t lock;
	uint32_t kind_id, name_id; /* 0: not named yet, or unused */
};

/* Numbers that were given once, and to which nothing refers any more. */
struct unused_numbers {
	uint32_t *numbers;
	size_t count;
};

struct clinic_counted_numbers {
	struct clinic_session *session;
	struct clinic_address_stacks *stacks;
	struct clinic_counted_site *sites; /* by number; 0: none */
	size_t sites_count, sites_room;
	struct counted_lock *locks; /* by number; 0: none */
	size_t locks_count, locks_room;
	struct unused_numbers free_sites, free_locks;
	struct clinic_lock_names *names;
};

int clinic_counted_numbers_new(struct clinic_session *session,
			       struct clinic_address_stacks *stacks,
			       struct clinic_counted_numbers **numbers)
{
	struct clinic_counted_numbers *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	made->session = session;
	made->stacks = stacks;
	made->sites_count = made->locks_count = 1;
	err = clinic_lock_names_new(&made->names);
	if (err) {
		free(made);
		return err;
	}
	*numbers = made;
	return 0;
}

void clinic_counted_numbers_free(struct clinic_counted_numbers *numbers)
{
	if (!numbers)
		return;
	clinic_lock_names_free(numbers->names);
	free(numbers->sites);
	free(numbers->locks);
	free(numbers->free_sites.numbers);
	free(numbers->free_locks.numbers);
	free(numbers);
}

static int push_frame(struct clinic_counted_numbers *numbers,
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
	return clinic_address_stacks_push(numbers->stacks, &frame, stack);
}

static uint32_t next_number(struct unused_numbers *unused, size_t *count)
{
	return unused->count ? unused->numbers[--unused->count]
			     : (uint32_t)(*count)++;
}

/* A call site gets its number at its first event. */
static int add_site(struct clinic_counted_numbers *numbers,
		    const struct clinic_event_site *site)
{
	struct clinic_counted_site *grown =
		clinic_grow(numbers->sites, numbers->sites_count,
			    &numbers->sites_room, sizeof(*grown));
	struct clinic_counted_site made = {0};
	int err = 0;

	if (!grown)
		return -ENOMEM;
	numbers->sites = grown;
	for (uint32_t i = site->frames_count; !err && i-- > 0;)
		err = push_frame(numbers, site->space, site->frames[i],
				 &made.stack_id);
	if (!err && *site->stage)
		err = clinic_session_stage_id(numbers->session, site->stage,
					      &made.stage_id);
	if (err)
		return err;
	grown[0] = (struct clinic_counted_site){0};
	*site->number =
		next_number(&numbers->free_sites, &numbers->sites_count);
	grown[*site->number] = made;
	return 0;
}

int clinic_counted_numbers_site(struct clinic_counted_numbers *numbers,
				const struct clinic_event_site *site,
				uint32_t *number)
{
	int err = site && !*site->number ? add_site(numbers, site) : 0;

	*number = site && !err ? *site->number : 0;
	return err;
}

int clinic_counted_numbers_lock(struct clinic_counted_numbers *numbers,
				const struct clinic_event_lock *event,
				uint32_t *number)
{
	struct counted_lock *grown;

	if (!*event->number) {
		grown = clinic_grow(numbers->locks, numbers->locks_count,
				    &numbers->locks_room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		numbers->locks = grown;
		*event->number = next_number(&numbers->free_locks,
					     &numbers->locks_count);
		grown[*event->number] = (struct counted_lock){
			.image = event->image, .lock = event->lock};
	}
	*number = *event->number;
	return 0;
}

struct clinic_counted_site
clinic_counted_site(const struct clinic_counted_numbers *numbers,
		    uint32_t number)
{
	return number && number < numbers->sites_count
		       ? numbers->sites[number]
		       : (struct clinic_counted_site){0};
}

int clinic_counted_lock(const struct clinic_counted_numbers *numbers,
			uint32_t number, uint32_t *kind_id, uint32_t *name_id)
{
	*kind_id = *name_id = 0;
	if (!number || number >= numbers->locks_count ||
	    !numbers->locks[number].kind_id)
		return -ENOENT;
	*kind_id = numbers->locks[number].kind_id;
	*name_id = numbers->locks[number].name_id;
	return 0;
}

struct clinic_counted_site *
clinic_counted_sites(struct clinic_counted_numbers *numbers, size_t *count)
{
	*count = numbers->sites ? numbers->sites_count : 0;
	return numbers->sites;
}

void clinic_counted_numbers_texts(struct clinic_counted_numbers *numbers,
				  clinic_on_number *on_number, void *context)
{
	for (size_t i = 1; i < numbers->locks_count; i++) {
		on_number(context, &numbers->locks[i].kind_id);
		on_number(context, &numbers->locks[i].name_id);
	}
}

static int name_lock(struct clinic_counted_numbers *numbers,
		     struct counted_lock *lock)
{
	char name[CLINIC_LOCK_NAME_BYTES];
	const char *kind;
	int err = clinic_lock_names_find(numbers->names, lock->image,
					 lock->lock, &kind, name);

	if (!err)
		err = clinic_session_text_id(numbers->session, kind,
					     &lock->kind_id);
	return err ? err
		   : clinic_session_text_id(numbers->session, name,
					    &lock->name_id);
}

int clinic_counted_numbers_name_locks(struct clinic_counted_numbers *numbers)
{
	int err = 0;

	for (size_t i = 1; !err && i < numbers->locks_count; i++)
		if (numbers->locks[i].image && !numbers->locks[i].kind_id)
			err = name_lock(numbers, &numbers->locks[i]);
	return err;
}

void clinic_counted_numbers_end(struct clinic_counted_numbers *numbers,
				const struct arena_image *image)
{
	for (size_t i = 1; i < numbers->locks_count; i++)
		if (numbers->locks[i].image == image)
			numbers->locks[i].image = NULL;
	clinic_lock_names_forget(numbers->names);
}

int clinic_counted_numbers_start_marks(
	const struct clinic_counted_numbers *numbers,
	struct clinic_used_numbers *used)
{
	used->sites = calloc(numbers->sites_count, sizeof(*used->sites));
	used->locks = calloc(numbers->locks_count, sizeof(*used->locks));
	return used->sites && used->locks ? 0 : -ENOMEM;
}

void clinic_used_numbers_mark_image(const struct arena_image *image,
				    const struct clinic_used_numbers *used)
{
	const struct arena_site *sites = image->sites.elements;
	const struct arena_lock_seen *locks = image->locks.elements;

	for (size_t i = 0; i < image->sites.count; i++)
		used->sites[sites[i].number] = 1;
	for (size_t i = 0; i < image->locks.count; i++)
		used->locks[locks[i].number] = 1;
}

static int gather_unused(struct unused_numbers *unused, const uint32_t *used,
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
int clinic_counted_numbers_free_unused(struct clinic_counted_numbers *numbers,
				       const struct clinic_used_numbers *used)
{
	int err = gather_unused(&numbers->free_sites, used->sites,
				numbers->sites_count);

	if (!err)
		err = gather_unused(&numbers->free_locks, used->locks,
				    numbers->locks_count);
	for (size_t i = 0; !err && i < numbers->free_sites.count; i++)
		numbers->sites[numbers->free_sites.numbers[i]] =
			(struct clinic_counted_site){0};
	for (size_t i = 0; !err && i < numbers->free_locks.count; i++)
		numbers->locks[numbers->free_locks.numbers[i]] =
			(struct counted_lock){0};
	return err;
}
