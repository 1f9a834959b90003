/*
 * sellers.c - a chained hash table of the sellers, made once.
 */
#include "sellers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_COUNT 64

struct entry {
	struct entry *next;
	const struct seller *seller;
};

struct seller_register {
	const struct seller *sellers;
	size_t sellers_count;
	struct entry *buckets[BUCKETS_COUNT];
};

static size_t bucket_of(const char *name)
{
	uint32_t hash = 0x811c9dc5u; /* FNV-1a */

	for (size_t i = 0; i < NAME_BYTES; i++)
		hash = (hash ^ (uint8_t)name[i]) * 0x01000193u;
	return hash % BUCKETS_COUNT;
}

static int table_add(struct seller_register *reg, const struct seller *seller)
{
	struct entry **bucket = &reg->buckets[bucket_of(seller->name)];
	struct entry *entry = malloc(sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	*entry = (struct entry){.next = *bucket, .seller = seller};
	*bucket = entry;
	return 0;
}

static void table_empty(struct seller_register *reg)
{
	for (size_t i = 0; i < BUCKETS_COUNT; i++) {
		while (reg->buckets[i]) {
			struct entry *entry = reg->buckets[i];

			reg->buckets[i] = entry->next;
			free(entry);
		}
	}
}

static int table_fill(struct seller_register *reg)
{
	for (size_t i = 0; i < reg->sellers_count; i++)
		if (table_add(reg, &reg->sellers[i]))
			return -ENOMEM;
	return 0;
}

static uint32_t table_find(const struct seller_register *reg, const char *name)
{
	const struct entry *entry = reg->buckets[bucket_of(name)];

	for (; entry; entry = entry->next)
		if (memcmp(entry->seller->name, name, NAME_BYTES) == 0)
			return entry->seller->district;
	return 0;
}

struct seller_register *seller_register_open(const struct seller *sellers,
					     size_t sellers_count)
{
	struct seller_register *reg = calloc(1, sizeof(*reg));

	if (!reg)
		return NULL;
	reg->sellers = sellers;
	reg->sellers_count = sellers_count;
	if (table_fill(reg)) {
		seller_register_close(reg);
		return NULL;
	}
	return reg;
}

int seller_district(struct seller_register *reg, const char *name,
		    uint32_t *district)
{
	*district = table_find(reg, name);
	return 0;
}

void seller_register_close(struct seller_register *reg)
{
	if (!reg)
		return;
	table_empty(reg);
	free(reg);
}
