/*
 * session/json_pull.h - read JSON token by token, holding one token.
 *
 * Why not a library: a session may have 10^7 numbers. jansson makes a 24-byte
 * object of each before we see the first. Moreover, a hostile file must not
 * make us use memory that grows faster than the file itself.
 *
 * Accepts JSON as RFC 8259 defines it, except that numbers are integers.
 *
 * Errors     the first error stays in `error` (-EBADMSG for bad JSON, -EFBIG,
 *            -ENOMEM, or that of the file); then every call returns false.
 */
#ifndef CLINIC_SESSION_JSON_PULL_H
#define CLINIC_SESSION_JSON_PULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clinic_json {
	const char *at;
	const char *end;
	void *file; /* gzFile; NULL: the whole text is in memory */
	char *buffer;
	char *text; /* the string last read, NUL-terminated */
	size_t text_length;
	size_t text_capacity;
	uint64_t offset; /* of `end` in the (inflated) file */
	bool has_ended;  /* a read went beyond the end */
	int error;
};

/* The file may be gzipped. output_file.h is the counterpart, which writes. */
int clinic_json_open(struct clinic_json *json, const char *path);
void clinic_json_memory(struct clinic_json *json, const char *text,
			size_t length);
void clinic_json_close(struct clinic_json *json);

/* The offset in the file at which the next token begins. */
uint64_t clinic_json_offset(const struct clinic_json *json);

/* Sets the error, and returns false. */
bool clinic_json_fail(struct clinic_json *json, int error);
/* Skips white space, and consumes `symbol` if it is the next character. */
bool clinic_json_accept(struct clinic_json *json, char symbol);
bool clinic_json_expect(struct clinic_json *json, char symbol);
bool clinic_json_string(struct clinic_json *json);
bool clinic_json_integer(struct clinic_json *json, bool *negative,
			 uint64_t *magnitude);
/* True if only white space follows up to the end and the file is not cut. */
bool clinic_json_end(struct clinic_json *json);

/* for (first = true; clinic_json_next(json, '}', &first); ) */
bool clinic_json_next(struct clinic_json *json, char closing, bool *first);

#endif
