/* Keeps a tree of stage names in shared memory. */
#include "preload/stage_table.h"
#include <string.h>

static bool has_name(const struct stage_node *node, const char *name)
{
	return strncmp(node->name, name, STAGE_NAME_BYTES - 1) == 0;
}

static uint16_t find(const struct stage_table *table, uint16_t from,
		     const char *name)
{
	while (from && !has_name(&table->nodes[from], name))
		from = table->nodes[from].next_sibling;
	return from;
}

static uint16_t make(struct stage_table *table, uint16_t parent,
		     const char *name)
{
	uint32_t at = __atomic_add_fetch(&table->used, 1, __ATOMIC_RELAXED);
	struct stage_node *node;

	if (at >= STAGE_OVERFLOW) {
		__atomic_store_n(&table->used, STAGE_OVERFLOW - 1,
				 __ATOMIC_RELAXED);
		return STAGE_OVERFLOW;
	}
	node = &table->nodes[at];
	strncpy(node->name, name, STAGE_NAME_BYTES - 1);
	node->parent = parent;
	return (uint16_t)at;
}

uint16_t stage_child(struct stage_table *table, uint16_t parent,
		     const char *name)
{
	uint16_t *head = &table->nodes[parent].first_child;
	uint16_t first = __atomic_load_n(head, __ATOMIC_ACQUIRE);
	uint16_t node = find(table, first, name);

	if (node || parent == STAGE_OVERFLOW)
		return node ? node : STAGE_OVERFLOW;
	node = make(table, parent, name);
	if (node == STAGE_OVERFLOW)
		return node;
	/*
	 * Inserting at the head: if the head has not moved since the search,
	 * nobody else has inserted this name.
	 */
	table->nodes[node].next_sibling = first;
	while (!__atomic_compare_exchange_n(head, &first, node, false,
					    __ATOMIC_RELEASE,
					    __ATOMIC_ACQUIRE)) {
		uint16_t other = find(table, first, name);

		if (other)
			return other; /* the node stays unused and counts
					 nothing */
		table->nodes[node].next_sibling = first;
	}
	return node;
}

uint16_t stage_after(const struct stage_table *table, uint16_t node,
		     const char *name)
{
	uint16_t at = node;

	/*
	 * The stages below are not known by name: the first clinic_stage_end
	 * leaves them.
	 */
	if (node == STAGE_OVERFLOW)
		return STAGE_OUTSIDE;
	while (at && !has_name(&table->nodes[at], name))
		at = table->nodes[at].parent;
	return at ? table->nodes[at].parent : node;
}

bool stage_named(const struct stage_table *table, uint16_t node,
		 const char *name)
{
	return has_name(&table->nodes[node], name);
}

bool stage_within(const struct stage_table *table, uint16_t node,
		  const char *name)
{
	while (node && !has_name(&table->nodes[node], name))
		node = table->nodes[node].parent;
	return node != STAGE_OUTSIDE;
}
