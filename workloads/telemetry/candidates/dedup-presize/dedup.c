/*
 * dedup.c - a chained hash table of the frames seen, fresh for each batch and
 * large enough for it from the start.
 */
#include "dedup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define BUCKETS_MIN 16

struct entry {
	uint64_t key;
	struct entry *next;
};

struct table {
	struct entry **buckets;
	size_t buckets_count; /* a power of two */
	size_t entries_count;
};

struct dedup {
	uint64_t repeats_count; /* since the start, for the operators */
};

struct dedup *dedup_new(void)
{
	return calloc(1, sizeof(struct dedup));
}

void dedup_free(struct dedup *dedup)
{
	free(dedup);
}

static uint64_t key_of(const struct frame *frame)
{
	return (uint64_t)frame->station << 32 | frame->sequence;
}

static struct entry **bucket_of(const struct table *table, uint64_t key)
{
	uint64_t hash = key * 0x9e3779b97f4a7c15ull;

	return &table->buckets[(hash >> 32) & (table->buckets_count - 1)];
}

static int table_open(struct table *table, size_t buckets_count)
{
	table->buckets = calloc(buckets_count, sizeof(*table->buckets));
	table->buckets_count = buckets_count;
	table->entries_count = 0;
	return table->buckets ? 0 : -ENOMEM;
}

static void table_close(struct table *table)
{
	for (size_t i = 0; i < table->buckets_count; i++) {
		struct entry *entry = table->buckets[i];

		while (entry) {
			struct entry *next = entry->next;

			free(entry);
			entry = next;
		}
	}
	free(table->buckets);
}

static int table_grow(struct table *table)
{
	struct table larger;
	int err = table_open(&larger, 2 * table->buckets_count);

	if (err)
		return err;
	for (size_t i = 0; i < table->buckets_count; i++) {
		struct entry *entry = table->buckets[i];

		while (entry) {
			struct entry *next = entry->next;
			struct entry **bucket = bucket_of(&larger, entry->key);

			entry->next = *bucket;
			*bucket = entry;
			entry = next;
		}
	}
	larger.entries_count = table->entries_count;
	free(table->buckets);
	*table = larger;
	return 0;
}

static bool table_has(const struct table *table, uint64_t key)
{
	const struct entry *entry = *bucket_of(table, key);

	while (entry && entry->key != key)
		entry = entry->next;
	return entry != NULL;
}

static int table_add(struct table *table, uint64_t key)
{
	struct entry **bucket;
	struct entry *entry;

	if (table->entries_count == table->buckets_count && table_grow(table))
		return -ENOMEM;
	entry = malloc(sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	bucket = bucket_of(table, key);
	entry->key = key;
	entry->next = *bucket;
	*bucket = entry;
	table->entries_count++;
	return 0;
}

/* 1 when the frame is new, 0 when it was seen, -ENOMEM. */
static int admit(struct table *table, const struct frame *frame)
{
	uint64_t key = key_of(frame);
	int err;

	if (table_has(table, key))
		return 0;
	err = table_add(table, key);
	return err ? err : 1;
}

/* The power of two that holds a whole batch without growing. */
static size_t buckets_for(size_t frames_count)
{
	size_t buckets_count = BUCKETS_MIN;

	while (buckets_count < frames_count)
		buckets_count *= 2;
	return buckets_count;
}

static int keep_first_copies(struct dedup *dedup, struct table *table,
			     struct batch *batch, struct reject_log *rejects)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < batch->frames_count; i++) {
		struct frame *frame = &batch->frames[i];
		int admitted = err ? err : admit(table, frame);

		if (admitted == 1) {
			batch->frames[kept++] = *frame;
			continue;
		}
		err = admitted;
		if (!err) {
			dedup->repeats_count++;
			err = reject_log_add(rejects, frame, REJECT_DUPLICATE,
					     frame->sequence);
		}
		batch_drop(batch, frame);
	}
	batch->frames_count = kept;
	return err;
}

int dedup_batch(struct dedup *dedup, struct batch *batch,
		struct reject_log *rejects)
{
	struct table table;
	int err = table_open(&table, buckets_for(batch->frames_count));

	if (err)
		return err;
	err = keep_first_copies(dedup, &table, batch, rejects);
	table_close(&table);
	return err;
}
