/* Runs a fuzzer's function on each of the given files: its corpus, as a test.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES_MAX = 4 << 20 };

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *read = malloc(INPUT_BYTES_MAX);
	uint8_t *exact;
	size_t size;

	if (!file || !read) {
		perror(path);
		return 1;
	}
	size = fread(read, 1, INPUT_BYTES_MAX, file);
	fclose(file);
	/*
	 * The buffer is as large as the input, so that a sanitizer sees any
	 * access past its end.
	 */
	exact = malloc(size ? size : 1);
	if (!exact)
		return 1;
	for (size_t i = 0; i < size; i++)
		exact[i] = read[i];
	free(read);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	printf("%s\n", path);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	return failed;
}
