/*
 * foundation/text_span.h - a piece of a line, not copied and not terminated.
 *
 * Blanks are what isspace() says in the C locale.
 */
#ifndef CLINIC_FOUNDATION_TEXT_SPAN_H
#define CLINIC_FOUNDATION_TEXT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clinic_span {
	const char *at;
	size_t length;
};

bool clinic_span_is(struct clinic_span span, const char *text);
bool clinic_span_begins(struct clinic_span span, const char *text);
/* Without blanks around it. */
struct clinic_span clinic_span_trim(struct clinic_span span);
/* Cuts the first, or last, blank-separated word off; may be empty. */
struct clinic_span clinic_span_take_first(struct clinic_span *from);
struct clinic_span clinic_span_take_last(struct clinic_span *from);
/* The whole span as a decimal number, or false. */
bool clinic_span_number(struct clinic_span span, uint64_t *value);

#endif
