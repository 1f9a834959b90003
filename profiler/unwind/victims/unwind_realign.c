/*
 * Known answer: main has called realigned, whose frame cannot be found from the
 * stack pointer (it has a local that needs an alignment of 64 bytes and one
 * whose size is only known at run time), and this has called spin.
 */
#include <alloca.h>
#include <stdint.h>
#include <string.h>

static volatile uint64_t sink;

__attribute__((noinline)) static void spin(const void *a, const void *b)
{
	for (unsigned int i = 0; i < 2000; i++)
		sink += (uintptr_t)a ^ (uintptr_t)b;
}

__attribute__((noinline)) static void realigned(unsigned int size,
						const char *a, const char *b,
						const char *c, const char *d,
						const char *e, const char *f)
{
	__attribute__((aligned(64))) char aligned[128];
	char *sized = alloca(size);

	memset(aligned, (int)size, sizeof(aligned));
	memset(sized, (int)(a[0] + b[0] + c[0] + d[0] + e[0] + f[0]), size);
	spin(aligned, sized);
}

int main(void)
{
	for (unsigned int i = 0; i < 20000000; i++)
		realigned(16 + i % 512, "a", "b", "c", "d", "e", "f");
	return 0;
}
