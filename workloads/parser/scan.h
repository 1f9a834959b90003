/*
 * scan.h - how far a string of JSON is plain.
 *
 * Threads    any number at once.
 */
#ifndef PARSER_SCAN_H
#define PARSER_SCAN_H

/*
 * The first byte from at on that is a quote, a backslash, a control character
 * or no ASCII; or end.
 */
const char *scan_plain(const char *at, const char *end);

#endif
