/*
 * Known answer: main has called `calls`, which spends its time in PLT entries
 * and in functions of libc and libm that have a few instructions.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static volatile double sink;

__attribute__((noinline)) static void calls(const char *text, double x)
{
	sink += floor(x) + fabs(x) + (double)strlen(text) +
		(double)labs((long)x) + fmod(x, 3) + (double)atoi(text);
}

int main(void)
{
	for (int i = 0; i < 50000000; i++)
		calls("1234", i * 0.37);
	return 0;
}
