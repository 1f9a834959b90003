/*
 * Makes some allocations, prints the path of the arena in which they are
 * counted, and damages that arena as a wild pointer may.
 *
 *	arena_liar truncate | empty | loop | longer | wild | site | fifo
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct arena {
	char path[400];
	uint64_t *words;
	size_t words_count;
};

static int find_arena(struct arena *arena)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start;
	char line[600];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/clinic-alloc-") ||
		    sscanf(line, "%lx-%*x %*s %*s %*s %*s %399s", &start,
			   arena->path) != 2)
			continue;
		arena->words = (uint64_t *)start;
		/* The used bytes: the rest of the file is a hole. */
		arena->words_count = arena->words[2] / 8;
		fclose(maps);
		return 0;
	}
	return -1;
}

static void plant(const struct arena *arena)
{
	char path[450];

	snprintf(path, sizeof(path), "%s9", arena->path);
	(void)!mkfifo(path, 0600);
	snprintf(path, sizeof(path), "%s8", arena->path);
	(void)!mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s8/inner", arena->path);
	(void)!mkdir(path, 0700);
}

/* A block begins at a multiple of 64 bytes, with its kind and its length. */
static void damage(struct arena *arena, const char *how)
{
	uint64_t used = arena->words[2];
	uint64_t *end = arena->words + used / 8;

	if (!strcmp(how, "truncate"))
		(void)!truncate(arena->path, 8192);
	if (!strcmp(how, "empty"))
		(void)!truncate(arena->path, 0);
	if (!strcmp(how, "loop")) { /* a block of length 0 */
		end[0] = 4;
		end[1] = 0;
		arena->words[2] = used + 64;
	}
	if (!strcmp(how, "longer")) /* more is used than the file contains */
		arena->words[2] = UINT64_C(1) << 50;
	if (!strcmp(how, "site")) { /* more frames than the block contains */
		end[0] = 3;
		end[1] = 128;
		end[9] = 100000; /* the id of the site */
		end[10] = UINT64_C(1000000) << 32;
		arena->words[2] = used + 128;
	}
	if (!strcmp(how, "fifo"))
		plant(arena);
	for (size_t i = 32; !strcmp(how, "wild") && i < arena->words_count; i++)
		arena->words[i] = (uint64_t)random() << 32 | (uint64_t)random();
}

int main(int argc, char **argv)
{
	const struct timespec drains = {.tv_nsec = 300000000};
	struct arena arena;

	for (int i = 0; i < 1000; i++) {
		void *volatile block = malloc(100);

		free(block);
	}
	if (argc != 2 || find_arena(&arena)) {
		fputs("arena_liar: there is no arena\n", stderr);
		return 3;
	}
	puts(arena.path);
	fflush(stdout);
	nanosleep(&drains, NULL);
	damage(&arena, argv[1]);
	nanosleep(&drains, NULL);
	/* No exit handler of the library may use its damaged memory. */
	kill(getpid(), 9);
}
