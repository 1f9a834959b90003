/* Finds the known word with the smallest edit distance, if it is small. */
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"

enum { WORD_MAX = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's, one row at a time. */
static size_t distance(const char *from, const char *to)
{
	size_t row[WORD_MAX + 1];
	size_t length = strlen(to);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; from[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			size_t above = row[j + 1];

			row[j + 1] = smallest(above + 1, row[j] + 1,
					      diagonal + (from[i] != to[j]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *clinic_nearest(const char *word, const char *const *known,
			   size_t known_count)
{
	const char *best = NULL;
	size_t least = strlen(word) / 2 + 1;

	for (size_t i = 0; i < known_count; i++) {
		size_t apart;

		if (strlen(known[i]) > WORD_MAX)
			continue;
		apart = distance(word, known[i]);
		if (apart < least) {
			least = apart;
			best = known[i];
		}
	}
	return best;
}
