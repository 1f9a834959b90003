/*
 * number.c - numbers by hand: each digit after the point is a tenth as much.
 */
#include "number.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 1024 /* longer ones are copied to the heap */

static bool is_digit(const char *at, const char *end)
{
	return at < end && *at >= '0' && *at <= '9';
}

static const char *skip_digits(const char *at, const char *end)
{
	while (is_digit(at, end))
		at++;
	return at;
}

/* Where the number ends, or NULL; real: it has a fraction or an exponent. */
static const char *find_end(const char *at, const char *end, bool *real)
{
	*real = false;
	if (at < end && *at == '-')
		at++;
	if (!is_digit(at, end))
		return NULL;
	at = *at == '0' ? at + 1 : skip_digits(at, end);
	if (is_digit(at, end))
		return NULL;
	if (at < end && *at == '.') {
		*real = true;
		if (!is_digit(++at, end))
			return NULL;
		at = skip_digits(at, end);
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		*real = true;
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		if (!is_digit(at, end))
			return NULL;
		at = skip_digits(at, end);
	}
	return at;
}

static double power_of_ten(int exponent)
{
	double power = 1.0;

	for (; exponent > 0; exponent--)
		power *= 10.0;
	for (; exponent < 0; exponent++)
		power /= 10.0;
	return power;
}

static double read_real(const char *at)
{
	bool negative = *at == '-';
	double value = 0.0;
	double tenth = 1.0;

	for (at += negative; *at >= '0' && *at <= '9'; at++)
		value = value * 10.0 + (*at - '0');
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			value += (*at - '0') * (tenth /= 10.0);
	if (*at == 'e' || *at == 'E')
		value *= power_of_ten(atoi(at + 1));
	return negative ? -value : value;
}

static int convert(const char *digits, bool real, struct value *value)
{
	errno = 0;
	if (real) {
		value->kind = VALUE_REAL;
		value->real = read_real(digits);
		return fabs(value->real) == HUGE_VAL;
	}
	value->kind = VALUE_INTEGER;
	value->integer = strtoll(digits, NULL, 10);
	return errno == ERANGE;
}

const char *number_read(const char *at, const char *end, struct value *value)
{
	bool real;
	const char *found = find_end(at, end, &real);
	char near[DIGITS_MAX];
	size_t digits_count = found ? (size_t)(found - at) : 0;
	char *digits = digits_count < DIGITS_MAX ? near
						 : malloc(digits_count + 1);
	int err;

	if (!found || !digits)
		return NULL;
	memcpy(digits, at, digits_count);
	digits[digits_count] = 0;
	err = convert(digits, real, value);
	if (digits != near)
		free(digits);
	return err ? NULL : found;
}
