/*
 * foundation/text_span.h - a piece of a line, which is not copied and not
 * terminated by a NUL.
 *
 * A blank is what isspace() accepts in the C locale.
 *
 * Ownership  a span points into the line of the caller.
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
/* The span without the blanks at its ends. */
struct clinic_span clinic_span_trim(struct clinic_span span);
/*
 * Removes the first, or last, word from the span and returns it; it may be
 * empty.
 */
struct clinic_span clinic_span_take_first(struct clinic_span *from);
struct clinic_span clinic_span_take_last(struct clinic_span *from);
/* Reads the whole span as a decimal number; false: it is none, or too large. */
bool clinic_span_number(struct clinic_span span, uint64_t *value);

#endif
