/* Replaces the outermost template arguments of a name by "...". */
#include "session/short_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Shorter arguments are kept, because they are short: <int>, <char const*>. */
#define ARGUMENTS_BYTES_MAX 16

#define SHORT_ARGUMENTS "<...>"

static bool is_word_before(const char *name, const char *at, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(at - name) >= length &&
	       !strncmp(at - length, word, length) &&
	       ((size_t)(at - name) == length ||
		(!isalnum((unsigned char)at[-1 - (long)length]) &&
		 at[-1 - (long)length] != '_'));
}

/* The length of the sign in "operator<<", "operator->"; 0: `at` is no sign. */
static size_t sign_bytes(const char *name, const char *at)
{
	return is_word_before(name, at, "operator") ? strspn(at, "<>=-*!") : 0;
}

/* The character after the bracket that closes the one at `at`, or NULL. */
static const char *end_of_arguments(const char *name, const char *at)
{
	int depth = 0;

	for (; *at; at++) {
		size_t sign = sign_bytes(name, at);

		if (sign) {
			at += sign - 1;
			continue;
		}
		if (*at == '<')
			depth++;
		if (*at == '>' && at[-1] != '-' && !--depth)
			return at + 1;
	}
	return NULL;
}

/* Rust's <T as Trait>::f begins with a bracket that holds no arguments. */
static bool begins_arguments(const char *name, const char *at)
{
	return *at == '<' && at > name &&
	       (isalnum((unsigned char)at[-1]) || strchr("_:)] ", at[-1]));
}

/* The next piece of the short name; returns how many bytes it stands for. */
static size_t next_piece(const char *name, const char *at, const char **piece,
			 size_t *piece_bytes)
{
	size_t sign = sign_bytes(name, at);
	const char *end = NULL;

	*piece = at;
	*piece_bytes = sign ? sign : 1;
	if (!sign && begins_arguments(name, at))
		end = end_of_arguments(name, at);
	if (!end || end - at <= ARGUMENTS_BYTES_MAX) {
		if (end)
			*piece_bytes = (size_t)(end - at);
		return *piece_bytes;
	}
	*piece = SHORT_ARGUMENTS;
	*piece_bytes = strlen(SHORT_ARGUMENTS);
	return (size_t)(end - at);
}

const char *clinic_short_name(const char *name, char *room, size_t room_bytes)
{
	size_t used = 0;

	if (*name == '<')
		return name;
	for (const char *at = name; *at;) {
		const char *piece;
		size_t piece_bytes;
		size_t taken = next_piece(name, at, &piece, &piece_bytes);

		if (used + piece_bytes >= room_bytes)
			return name;
		memcpy(room + used, piece, piece_bytes);
		used += piece_bytes;
		at += taken;
	}
	room[used] = '\0';
	return room;
}
