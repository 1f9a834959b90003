/* Cuts, trims and compares pieces of a line. */
#include "foundation/text_span.h"

#include <ctype.h>
#include <string.h>

bool clinic_span_is(struct clinic_span span, const char *text)
{
	return span.length == strlen(text) &&
	       !memcmp(span.at, text, span.length);
}

bool clinic_span_begins(struct clinic_span span, const char *text)
{
	return span.length >= strlen(text) &&
	       !memcmp(span.at, text, strlen(text));
}

struct clinic_span clinic_span_trim(struct clinic_span span)
{
	while (span.length && isspace((unsigned char)*span.at)) {
		span.at++;
		span.length--;
	}
	while (span.length && isspace((unsigned char)span.at[span.length - 1]))
		span.length--;
	return span;
}

struct clinic_span clinic_span_take_last(struct clinic_span *from)
{
	struct clinic_span word;
	size_t start;

	*from = clinic_span_trim(*from);
	start = from->length;
	while (start && !isspace((unsigned char)from->at[start - 1]))
		start--;
	word = (struct clinic_span){from->at + start, from->length - start};
	from->length = start;
	return word;
}

struct clinic_span clinic_span_take_first(struct clinic_span *from)
{
	struct clinic_span word;
	size_t length = 0;

	*from = clinic_span_trim(*from);
	while (length < from->length &&
	       !isspace((unsigned char)from->at[length]))
		length++;
	word = (struct clinic_span){from->at, length};
	from->at += length;
	from->length -= length;
	return word;
}

bool clinic_span_number(struct clinic_span span, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < span.length; i++) {
		if (!isdigit((unsigned char)span.at[i]) ||
		    *value > UINT64_MAX / 10 - 9)
			return false;
		*value = *value * 10 + (uint64_t)(span.at[i] - '0');
	}
	return span.length > 0;
}
