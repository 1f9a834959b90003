/*
 * Uses CPU time below a chain of calls without frame pointers, with frames of
 * several sizes. It is compiled with -O2 -fomit-frame-pointer, and once more
 * without symbols.
 */
#include <alloca.h>
#include <string.h>

#include "known_work.h"

static uint64_t wanted_ns;

__attribute__((noinline)) static int innermost(volatile char *room)
{
	burn_ns(wanted_ns);
	return room[0];
}

__attribute__((noinline)) static int with_alloca(size_t bytes)
{
	char *room = alloca(bytes);

	memset(room, 1, bytes);
	return innermost(room) + room[bytes - 1];
}

__attribute__((noinline)) static int with_array(size_t bytes)
{
	volatile char room[512];

	room[bytes % sizeof(room)] = 1;
	return with_alloca(bytes) + room[bytes % sizeof(room)];
}

__attribute__((noinline)) static int outermost(size_t bytes)
{
	return with_array(bytes) + 1;
}

int main(int argc, char **argv)
{
	wanted_ns = argument(argc, argv, 1, 150) * 1000000;
	return outermost(100) == 0;
}
