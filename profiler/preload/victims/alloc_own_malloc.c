/* Brings its own malloc: nothing of it can be observed from outside. */
#include <stddef.h>
#include <string.h>

static _Alignas(16) char heap[1 << 20];
static size_t used;

void *malloc(size_t bytes)
{
	void *block = heap + used;

	used += (bytes + 15) / 16 * 16;
	return used <= sizeof(heap) ? block : NULL;
}

void free(void *block)
{
	(void)block;
}

void *calloc(size_t count, size_t bytes)
{
	return malloc(count * bytes); /* never reused: zero */
}

void *realloc(void *block, size_t bytes)
{
	void *copy = malloc(bytes);

	return copy && block ? memmove(copy, block, bytes) : copy;
}

int main(void)
{
	void *volatile block = malloc(10);

	free(block);
	return 0;
}
