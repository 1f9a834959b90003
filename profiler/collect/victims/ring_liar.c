/*
 * Prints the path of the ring that the timer backend reads, and damages that
 * ring as a wild pointer may.
 *
 *	ring_liar truncate | tail | endless | wild | race
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HEAD_BYTES 4096u
#define RING_BYTES (2u << 20)

struct ring {
	char path[400];
	uint64_t *head, *tail;
	uint32_t *words; /* the part with the records */
};

static int find_ring(struct ring *ring)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[600];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/clinic-") ||
		    sscanf(line, "%lx-%lx %*s %*s %*s %*s %399s", &start, &end,
			   ring->path) != 3 ||
		    end - start != RING_BYTES + HEAD_BYTES)
			continue;
		ring->head = (uint64_t *)(start + 16);
		ring->tail = (uint64_t *)(start + 24);
		ring->words = (uint32_t *)(start + HEAD_BYTES);
		return 0;
	}
	return -1;
}

static void fill(struct ring *ring, uint32_t bytes, uint32_t kind,
		 uint32_t length)
{
	for (uint32_t i = 0; i < bytes / 4; i += 2) {
		__atomic_store_n(&ring->words[i + 1], length, __ATOMIC_RELAXED);
		__atomic_store_n(&ring->words[i], kind, __ATOMIC_RELAXED);
	}
}

/* If the sampler's tick wrote to a truncated ring, SIGBUS would end us. */
static void block_signals(void)
{
	uint64_t all = ~UINT64_C(0);

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof(all));
}

static void damage(struct ring *ring, const char *how)
{
	block_signals();
	if (!strcmp(how, "truncate"))
		(void)!truncate(ring->path, 0);
	if (!strcmp(how, "tail")) {
		ring->words[RING_BYTES / 4 - 1] = 4;
		*ring->head = UINT64_C(1) << 40;
		*ring->tail = RING_BYTES - 4;
	}
	if (!strcmp(how, "endless")) {
		fill(ring, RING_BYTES, 4, 8);
		*ring->head = UINT64_C(1) << 62;
		*ring->tail = 0;
	}
	for (uint32_t i = 0; !strcmp(how, "wild") && i < RING_BYTES / 4; i++)
		ring->words[i] = (uint32_t)random();
	if (!strcmp(how, "wild"))
		*ring->head = UINT64_C(1) << 40;
	for (uint32_t i = 0; !strcmp(how, "race") && i < 40000; i++) {
		fill(ring, 4096, 1 + i % 4, i & 1 ? 8 : 0xfffffff8u);
		*ring->head = UINT64_C(1) << 40;
		*ring->tail = 0;
	}
}

int main(int argc, char **argv)
{
	const struct timespec drains = {.tv_nsec = 200000000};
	volatile uint64_t sum = 0;
	struct ring ring;

	for (uint64_t i = 0; i < 100000000; i++) /* long enough for samples */
		sum += i;
	if (argc != 2 || find_ring(&ring)) {
		fputs("ring_liar: there is no ring\n", stderr);
		return 3;
	}
	puts(ring.path);
	fflush(stdout);
	damage(&ring, argv[1]);
	nanosleep(&drains, NULL);
	_exit(0); /* no exit handler may use the damaged memory */
}
