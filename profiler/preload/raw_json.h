/*
 * preload/raw_json.h - write JSON with write(2) and nothing else.
 *
 * This runs at the end of a foreign process, where no allocator and no stdio
 * may be used. The caller balances braces and brackets; commas are added here.
 *
 * Ownership  fd belongs to the caller. The buffer is in the struct.
 * Errors     the first error sticks in .error (errno) and later calls do
 *            nothing; raw_json_flush returns 0 or -errno.
 * Threads    one writer, one thread.
 * Read next  preload/counts_json.c
 */
#ifndef PRELOAD_RAW_JSON_H
#define PRELOAD_RAW_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raw_json {
	int fd;
	int error;
	bool need_comma;
	size_t used;
	char buffer[4096];
};

/* key is NULL inside an array. */
void raw_json_open(struct raw_json *json, const char *key, char bracket);
void raw_json_close(struct raw_json *json, char bracket);
void raw_json_count(struct raw_json *json, const char *key, uint64_t value);
void raw_json_bool(struct raw_json *json, const char *key, bool value);
/* NULL is written as null; bytes that are not UTF-8 become U+FFFD. */
void raw_json_text(struct raw_json *json, const char *key, const char *value);

int raw_json_flush(struct raw_json *json);

#endif
