/* Decodes records of perf events. */
#include "sources/perf_record.h"

#include <errno.h>
#include <string.h>

/*
 * The trailer that sample_id_all adds to every record but samples, for our
 * sample type.
 */
struct sample_id {
	uint32_t pid, tid;
	uint64_t time_ns;
	uint32_t cpu, reserved;
};

/* Reads a record front to back and remembers whether it was long enough. */
struct cursor {
	const uint8_t *at;
	size_t left;
	bool is_short;
};

static const void *take(struct cursor *cursor, size_t size)
{
	const void *at = cursor->at;

	if (cursor->is_short || size > cursor->left) {
		cursor->is_short = true;
		return NULL;
	}
	cursor->at += size;
	cursor->left -= size;
	return at;
}

static uint64_t read_u64(struct cursor *cursor)
{
	uint64_t value = 0;
	const void *at = take(cursor, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t read_u32(struct cursor *cursor)
{
	uint32_t value = 0;
	const void *at = take(cursor, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

/* Reads `count` words of 8 bytes; NULL: the record is too short. */
static const uint64_t *read_words(struct cursor *cursor, uint64_t count)
{
	if (count > cursor->left / sizeof(uint64_t)) {
		cursor->is_short = true;
		return NULL;
	}
	return take(cursor, (size_t)count * sizeof(uint64_t));
}

static struct cursor body_of(const struct perf_event_header *record)
{
	return (struct cursor){(const uint8_t *)(record + 1),
			       record->size - sizeof(*record), false};
}

static const struct sample_id *id_of(const struct perf_event_header *record)
{
	const uint8_t *end = (const uint8_t *)record + record->size;

	if (record->size < sizeof(*record) + sizeof(struct sample_id))
		return NULL;
	return (const void *)(end - sizeof(struct sample_id));
}

uint64_t clinic_perf_record_time(const struct perf_event_header *record)
{
	const struct sample_id *id;
	uint64_t time_ns = 0;

	if (record->type == PERF_RECORD_SAMPLE) {
		/* ip, pid and tid, time */
		if (record->size >= sizeof(*record) + 24)
			memcpy(&time_ns, (const uint8_t *)(record + 1) + 16, 8);
		return time_ns;
	}
	id = id_of(record);
	return id ? id->time_ns : 0;
}

/*
 * The chain is one array with markers where it changes from kernel to user
 * addresses: PERF_CONTEXT_KERNEL k k k PERF_CONTEXT_USER u u u.
 */
static void split_chain(const uint64_t *chain, uint64_t count,
			struct clinic_event_sample *sample)
{
	uint64_t context = PERF_CONTEXT_USER;

	for (uint64_t i = 0; i < count; i++) {
		if (chain[i] >= (uint64_t)PERF_CONTEXT_MAX) {
			context = chain[i];
		} else if (context == (uint64_t)PERF_CONTEXT_KERNEL) {
			if (!sample->kernel_chain)
				sample->kernel_chain = chain + i;
			sample->kernel_count++;
		} else if (context == (uint64_t)PERF_CONTEXT_USER) {
			if (!sample->user_chain)
				sample->user_chain = chain + i;
			sample->user_count++;
		}
	}
}

static void read_registers(struct cursor *cursor,
			   struct clinic_perf_decoder *decoder,
			   struct clinic_event_sample *sample)
{
	uint64_t abi = read_u64(cursor);
	const uint64_t *values;

	if (abi == PERF_SAMPLE_REGS_ABI_NONE)
		return;
	values = read_words(
		cursor, (uint64_t)__builtin_popcountll(CLINIC_PERF_REGISTERS));
	if (values &&
	    !clinic_registers_from_perf(&decoder->registers, abi,
					CLINIC_PERF_REGISTERS, values))
		sample->registers = &decoder->registers;
}

/* The record has the bytes that were asked for, then how many are valid. */
static void take_stack(struct cursor *cursor,
		       struct clinic_event_sample *sample)
{
	uint64_t asked = read_u64(cursor);
	uint64_t got;
	const uint64_t *bytes;

	if (!asked)
		return;
	bytes = read_words(cursor, asked / sizeof(uint64_t));
	got = read_u64(cursor);
	sample->stack = (const uint8_t *)bytes;
	sample->stack_bytes = (size_t)(got < asked ? got : asked);
}

static void read_sample(struct cursor *cursor,
			struct clinic_perf_decoder *decoder, uint16_t misc,
			struct clinic_event *event)
{
	struct clinic_event_sample *sample = &event->sample;
	uint16_t mode = misc & PERF_RECORD_MISC_CPUMODE_MASK;
	uint64_t count;
	const uint64_t *chain;

	*sample = (struct clinic_event_sample){0};
	sample->ip = read_u64(cursor);
	event->pid = read_u32(cursor);
	event->tid = read_u32(cursor);
	event->time_ns = read_u64(cursor);
	sample->cpu = read_u32(cursor);
	(void)read_u32(cursor);
	sample->weight_ns =
		(uint64_t)((double)read_u64(cursor) * decoder->ns_per_period);
	sample->in_kernel = mode == PERF_RECORD_MISC_KERNEL;
	count = read_u64(cursor);
	chain = read_words(cursor, count);
	if (chain)
		split_chain(chain, count, sample);
	read_registers(cursor, decoder, sample);
	take_stack(cursor, sample);
}

/* The layout of PERF_RECORD_MMAP2; with MISC_MMAP_BUILD_ID, of its union. */
struct mapping_file {
	uint32_t device_major, device_minor;
	uint64_t inode, inode_generation;
};

struct mapping_build_id {
	uint8_t size, reserved[3];
	uint8_t bytes[20];
};

_Static_assert(sizeof(struct mapping_file) == sizeof(struct mapping_build_id),
	       "the two halves of one union");

static void identify_mapping(const void *identity, bool is_build_id,
			     struct clinic_mapping *mapping)
{
	struct mapping_build_id id;
	struct mapping_file file;

	if (!is_build_id) {
		memcpy(&file, identity, sizeof(file));
		mapping->device_major = file.device_major;
		mapping->device_minor = file.device_minor;
		mapping->inode = file.inode;
		mapping->inode_generation = file.inode_generation;
		return;
	}
	memcpy(&id, identity, sizeof(id));
	if (id.size > CLINIC_MAPPING_BUILD_ID_MAX)
		return;
	mapping->build_id_size = id.size;
	memcpy(mapping->build_id, id.bytes, id.size);
}

/* Reads the rest of the record up to its trailer; the kernel pads with NULs. */
static const char *read_text(struct cursor *cursor)
{
	const void *text = cursor->at;

	if (cursor->is_short || !memchr(text, '\0', cursor->left)) {
		cursor->is_short = true;
		return "";
	}
	return text;
}

/* Returns 1; or 0 for memory without code. */
static int take_mapping(struct cursor *cursor, uint16_t misc,
			struct clinic_event *event)
{
	struct clinic_mapping *mapping = &event->mapping;
	const void *identity;

	*mapping = (struct clinic_mapping){0};
	event->pid = read_u32(cursor);
	event->tid = read_u32(cursor);
	mapping->start = read_u64(cursor);
	mapping->size_bytes = read_u64(cursor);
	mapping->file_offset = read_u64(cursor);
	identity = take(cursor, sizeof(struct mapping_file));
	if (identity)
		identify_mapping(identity,
				 misc & PERF_RECORD_MISC_MMAP_BUILD_ID,
				 mapping);
	(void)read_u64(cursor); /* protection and flags */
	mapping->path = read_text(cursor);
	return !(misc & PERF_RECORD_MISC_MMAP_DATA);
}

static void take_name(struct cursor *cursor, uint16_t misc,
		      struct clinic_event *event)
{
	event->pid = read_u32(cursor);
	event->tid = read_u32(cursor);
	event->name.is_exec = misc & PERF_RECORD_MISC_COMM_EXEC;
	event->name.text = read_text(cursor);
}

static void take_task(struct cursor *cursor, struct clinic_event *event)
{
	event->pid = read_u32(cursor);
	event->fork.parent_pid = read_u32(cursor);
	event->tid = read_u32(cursor);
	event->fork.parent_tid = read_u32(cursor);
}

static uint64_t take_lost(struct cursor *cursor, uint32_t type)
{
	if (type == PERF_RECORD_LOST)
		(void)read_u64(cursor); /* which event lost them */
	return read_u64(cursor);
}

/* A switch has no body: everything is in its header and its trailer. */
static void take_switch(struct cursor *cursor, const struct sample_id *id,
			uint16_t misc, struct clinic_event *event)
{
	if (!take(cursor, sizeof(*id)))
		return;
	event->change.cpu = id->cpu;
	event->change.is_out = misc & PERF_RECORD_MISC_SWITCH_OUT;
	event->change.is_preempted = misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT;
}

/* Returns 1; or 0 for a record of no interest. */
static int take_body(struct cursor *cursor, struct clinic_perf_decoder *decoder,
		     const struct perf_event_header *record,
		     struct clinic_event *event)
{
	switch (record->type) {
	case PERF_RECORD_SAMPLE:
		event->kind = CLINIC_EVENT_SAMPLE;
		read_sample(cursor, decoder, record->misc, event);
		return 1;
	case PERF_RECORD_MMAP2:
		event->kind = CLINIC_EVENT_MAPPING;
		return take_mapping(cursor, record->misc, event);
	case PERF_RECORD_COMM:
		event->kind = CLINIC_EVENT_NAME;
		take_name(cursor, record->misc, event);
		return 1;
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		event->kind = record->type == PERF_RECORD_FORK
				      ? CLINIC_EVENT_FORK
				      : CLINIC_EVENT_EXIT;
		take_task(cursor, event);
		return 1;
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		event->kind = CLINIC_EVENT_LOST;
		event->lost_count = take_lost(cursor, record->type);
		return 1;
	case PERF_RECORD_SWITCH:
		event->kind = CLINIC_EVENT_SWITCH;
		take_switch(cursor, id_of(record), record->misc, event);
		return 1;
	case PERF_RECORD_THROTTLE:
		event->kind = CLINIC_EVENT_THROTTLE;
		return 1;
	}
	return 0;
}

int clinic_perf_decode(struct clinic_perf_decoder *decoder,
		       const struct perf_event_header *record,
		       struct clinic_event *event)
{
	struct cursor cursor = body_of(record);
	const struct sample_id *id = id_of(record);
	int interesting;

	event->time_ns = clinic_perf_record_time(record);
	event->pid = id ? id->pid : 0;
	event->tid = id ? id->tid : 0;
	interesting = take_body(&cursor, decoder, record, event);
	return cursor.is_short ? -EBADMSG : interesting;
}
