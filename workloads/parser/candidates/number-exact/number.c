/*
 * number.c - short numbers by hand, exactly; all others by the C library.
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

static int convert(const char *digits, bool real, struct value *value)
{
	errno = 0;
	if (real) {
		value->kind = VALUE_REAL;
		value->real = strtod(digits, NULL);
		return errno == ERANGE && fabs(value->real) == HUGE_VAL;
	}
	value->kind = VALUE_INTEGER;
	value->integer = strtoll(digits, NULL, 10);
	return errno == ERANGE;
}

/*
 * Why this is exact (Clinger 1990): below 2^53 a whole number is a double, up
 * to 10^22 a power of ten is, and one operation on the two rounds once.
 */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#define DIGITS_SHORT 15
#define POWER_MAX    22

struct decimal {
	uint64_t digits;
	int digits_count;
	int power; /* of ten */
	bool negative;
};

static const char *take_digits(const char *at, const char *end,
			       struct decimal *decimal)
{
	for (; is_digit(at, end); at++, decimal->digits_count++)
		if (decimal->digits_count <= DIGITS_SHORT)
			decimal->digits =
				decimal->digits * 10 + (uint64_t)(*at - '0');
	return at;
}

static const char *take_power(const char *at, const char *end,
			      struct decimal *decimal)
{
	bool negative = at < end && *at == '-';
	int power = 0;

	if (at < end && (*at == '-' || *at == '+'))
		at++;
	for (; is_digit(at, end); at++)
		power = power < 1000 ? power * 10 + (*at - '0') : power;
	decimal->power += negative ? -power : power;
	return at;
}

/* The text is a number, as find_end says. False: too long for this way. */
static bool read_short(const char *at, const char *end, struct decimal *decimal)
{
	const char *point;

	*decimal = (struct decimal){.negative = *at == '-'};
	point = take_digits(at + decimal->negative, end, decimal);
	at = point;
	if (at < end && *at == '.') {
		at = take_digits(point + 1, end, decimal);
		decimal->power = -(int)(at - point - 1);
	}
	if (at < end)
		take_power(at + 1, end, decimal);
	return decimal->digits_count <= DIGITS_SHORT &&
	       decimal->power >= -POWER_MAX && decimal->power <= POWER_MAX;
}

static bool convert_short(const char *at, const char *end, bool real,
			  struct value *value)
{
	struct decimal decimal;
	double whole;

	if (end - at > 64 || !read_short(at, end, &decimal))
		return false;
	if (!real) {
		value->kind = VALUE_INTEGER;
		value->integer = decimal.negative ? -(int64_t)decimal.digits
						  : (int64_t)decimal.digits;
		return true;
	}
	whole = decimal.negative ? -(double)decimal.digits
				 : (double)decimal.digits;
	value->kind = VALUE_REAL;
	value->real = decimal.power < 0 ? whole / powers[-decimal.power]
					: whole * powers[decimal.power];
	return true;
}

const char *number_read(const char *at, const char *end, struct value *value)
{
	bool real;
	const char *found = find_end(at, end, &real);
	char near[DIGITS_MAX];
	size_t digits_count = found ? (size_t)(found - at) : 0;
	char *digits;
	int err;

	if (!found || convert_short(at, found, real, value))
		return found;
	digits = digits_count < DIGITS_MAX ? near : malloc(digits_count + 1);
	if (!digits)
		return NULL;
	memcpy(digits, at, digits_count);
	digits[digits_count] = 0;
	err = convert(digits, real, value);
	if (digits != near)
		free(digits);
	return err ? NULL : found;
}
