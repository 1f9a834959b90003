/*
 * planted_work - a program that does a known amount of extra work.
 *
 *   planted_work UNITS EXTRA TABLE_KIB
 *
 * It does UNITS units of work and EXTRA thousandths more. With EXTRA 20 it
 * executes 2 % more instructions (`make calibrate` counts them) and, because
 * all units are alike, takes 2 % more time. A unit hashes, branches on the
 * result and accesses a table, because the time of a loop that uses registers
 * alone would vary less than that of real programs.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define STEPS_PER_MILLI_UNIT 8

static uint64_t step(uint64_t hash, uint32_t *table, size_t slots)
{
	uint32_t *slot;

	hash ^= hash >> 12;
	hash ^= hash << 25;
	hash ^= hash >> 27;
	slot = &table[hash % slots];
	if (*slot & 1)
		hash += *slot;
	*slot += (uint32_t)(hash >> 40);
	return hash;
}

int main(int argc, char **argv)
{
	uint64_t steps, hash = 88172645463325252U;
	uint32_t *table;
	size_t slots;

	if (argc != 4) {
		fputs("usage: planted_work UNITS EXTRA TABLE_KIB\n", stderr);
		return 2;
	}
	steps = strtoull(argv[1], NULL, 10) * STEPS_PER_MILLI_UNIT *
		(1000 + strtoull(argv[2], NULL, 10));
	slots = strtoull(argv[3], NULL, 10) * (1024 / sizeof(*table));
	table = slots ? calloc(slots, sizeof(*table)) : NULL;
	if (!table) {
		fputs("planted_work: no memory for the table\n", stderr);
		return 2;
	}
	while (steps--)
		hash = step(hash, table, slots);
	/* The output is the same for every EXTRA, because arms must agree. */
	puts(hash ? "done" : "done, unlikely");
	free(table);
	return 0;
}
