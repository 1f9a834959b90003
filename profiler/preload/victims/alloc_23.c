/*
 * Makes 23 allocations, by each allocation function, and 20 frees: 3 blocks of
 * 100 bytes are leaked. With an argument, malloc replaces pvalloc, which
 * valgrind does not support.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *volatile leaked[3];

static void *kept(void *block)
{
	/* Otherwise the compiler removes the allocation and its free. */
	void *volatile hide = block;

	return hide;
}

int main(int argc, char **argv)
{
	size_t huge = SIZE_MAX / (size_t)argc;
	void *block;

	(void)argv;
	for (size_t i = 0; i < 3; i++)
		leaked[i] = malloc(100); /* 3: 300 bytes */
	for (size_t i = 0; i < 10; i++)
		free(kept(malloc(10)));             /* 13: 100 bytes */
	free(kept(calloc(10, 7)));                  /* 14: 70 bytes */
	block = kept(realloc(NULL, 16));            /* 15: 16 bytes */
	block = kept(realloc(block, 4000));         /* 16: 4000 bytes */
	block = kept(reallocarray(block, 100, 50)); /* 17: 5000 bytes */
	free(block);
	free(kept(memalign(64, 65)));         /* 18: 65 bytes */
	free(kept(aligned_alloc(64, 128)));   /* 19: 128 bytes */
	if (posix_memalign(&block, 4096, 33)) /* 20: 33 bytes */
		return 1;
	free(kept(block));
	free(kept(valloc(9)));                       /* 21: 9 bytes */
	block = argc > 1 ? malloc(11) : pvalloc(11); /* 22: 11 bytes */
	free(kept(block));
	free(kept(strdup("twenty-three"))); /* 23: 13 bytes */
	free(NULL);
	if (malloc(huge / 2) || reallocarray(NULL, huge, 3))
		return 1; /* failures are not allocations */
	return 0;
}
