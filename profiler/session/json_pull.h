/*
 * session/json_pull.h - read JSON a token at a time, holding one token.
 *
 * Why not a library: a session may have 10^7 numbers, which jansson holds as
 * one 24-byte object each before we see the first; and what a hostile file
 * makes us hold must grow no faster than the file itself.
 *
 * Takes what RFC 8259 allows, except that numbers are integers.
 *
 * Errors     the first one sticks in `error` (-EBADMSG for bad JSON, -EFBIG,
 *            -ENOMEM, or the file's) and every call then returns false.
 */
#ifndef CLINIC_SESSION_JSON_PULL_H
#define CLINIC_SESSION_JSON_PULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clinic_json {
	const char *at;
	const char *end;
	void *file; /* gzFile, or NULL: all of it is in memory */
	char *buffer;
	char *text; /* the string last read, NUL-terminated */
	size_t text_length;
	size_t text_capacity;
	uint64_t offset; /* of `end` in the (inflated) file */
	bool has_ended;  /* a read went beyond the end */
	int error;
};

/* The file may be gzipped; see output_file.h for the other direction. */
int clinic_json_open(struct clinic_json *json, const char *path);
void clinic_json_memory(struct clinic_json *json, const char *text,
			size_t length);
void clinic_json_close(struct clinic_json *json);

/* Where in the file the next token begins. */
uint64_t clinic_json_offset(const struct clinic_json *json);

/* Sets the error, and returns false. */
bool clinic_json_fail(struct clinic_json *json, int error);
/* Skips white space, and consumes `symbol` if it is the next character. */
bool clinic_json_accept(struct clinic_json *json, char symbol);
bool clinic_json_expect(struct clinic_json *json, char symbol);
bool clinic_json_string(struct clinic_json *json);
bool clinic_json_integer(struct clinic_json *json, bool *negative,
			 uint64_t *magnitude);
/* True if only white space follows up to the end, and the end is undamaged. */
bool clinic_json_end(struct clinic_json *json);

/* for (first = true; clinic_json_next(json, '}', &first); ) */
bool clinic_json_next(struct clinic_json *json, char closing, bool *first);

#endif
