/*
 * Calls are inlined into calls, in two files, in loops and in blocks; one goes
 * through the PLT, and one function has a cold part. Known answer: the names
 * and lines that a debugger finds.
 */
#include "inlined_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
	unsigned int values[64];
	size_t count;
};

static inline void table_add(struct table *table, unsigned int value)
{
	if (table->count == 64)
		table->count = 0;
	table->values[table->count++] = mix(value);
}

static inline unsigned int table_sum(const struct table *table)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < table->count; i++) {
		unsigned int value = table->values[i];

		if (value & 1) {
			unsigned int twice = mix(value) * 2;

			sum += twice;
		} else {
			sum ^= rotate(value, 7);
		}
	}
	return sum;
}

__attribute__((noinline)) unsigned int fill_and_sum(unsigned int seed)
{
	struct table table = {.count = 0};

	for (unsigned int i = 0; i < 100; i++)
		table_add(&table, seed + i);
	return table_sum(&table);
}

__attribute__((cold, noinline)) static void give_up(const char *why)
{
	fprintf(stderr, "gave up: %s\n", why);
	exit(1);
}

__attribute__((noinline)) size_t call_library(const char *text)
{
	char *copy = strdup(text);
	size_t length;

	if (!copy)
		give_up(text);
	length = strlen(copy);
	free(copy);
	return length;
}

int main(int argc, char **argv)
{
	unsigned int sum = fill_and_sum((unsigned int)argc);

	printf("%u %zu\n", sum, call_library(argv[0]));
	return 0;
}
