/*
 * number.h - a number of JSON, as jansson reads it.
 *
 * Errors     NULL for what is no number, and for one that is out of range: an
 *            integer beyond 64 bits, a real beyond a double.
 * Threads    any number at once.
 */
#ifndef PARSER_NUMBER_H
#define PARSER_NUMBER_H

#include "value.h"

/* Fills the value's kind and number; returns where the number ends. */
const char *number_read(const char *at, const char *end, struct value *value);

#endif
