/*
 * parse.c - recursive descent over the bytes of a line.
 */
#include "parse.h"

#include "json_string.h"
#include "number.h"

#include <stdbool.h>
#include <string.h>

struct parser {
	struct document *document;
	const char *at;
	const char *end;
	int depth;
};

static struct value *parse_value(struct parser *parser);

/* The next byte that is no white space, not taken; 0 at the end. */
static char peek(struct parser *parser)
{
	while (parser->at < parser->end &&
	       (*parser->at == ' ' || *parser->at == '\t' ||
		*parser->at == '\n' || *parser->at == '\r'))
		parser->at++;
	return parser->at < parser->end ? *parser->at : 0;
}

static bool take(struct parser *parser, char wanted)
{
	if (!wanted || peek(parser) != wanted)
		return false;
	parser->at++;
	return true;
}

static bool take_string(struct parser *parser, struct text *text)
{
	const char *behind;

	if (!take(parser, '"'))
		return false;
	behind = string_read(parser->document, parser->at, parser->end, text);
	if (!behind)
		return false;
	parser->at = behind;
	return true;
}

static bool has_key(const struct value *member, const struct text *key)
{
	for (; member; member = member->next)
		if (member->key.bytes_count == key->bytes_count &&
		    memcmp(member->key.bytes, key->bytes, key->bytes_count) ==
			    0)
			return true;
	return false;
}

static struct value *parse_member(struct parser *parser,
				  const struct value *object)
{
	struct text key;
	struct value *member;

	if (!take_string(parser, &key) || has_key(object->first, &key) ||
	    !take(parser, ':'))
		return NULL;
	member = parse_value(parser);
	if (member)
		member->key = key;
	return member;
}

/* Members or elements up to the closing bracket; the opening one is taken. */
static bool parse_members(struct parser *parser, struct value *into, char close)
{
	struct value **last = &into->first;

	*last = NULL;
	if (take(parser, close))
		return true;
	do {
		*last = into->kind == VALUE_OBJECT ? parse_member(parser, into)
						   : parse_value(parser);
		if (!*last)
			return false;
		last = &(*last)->next;
	} while (take(parser, ','));
	return take(parser, close);
}

static bool take_word(struct parser *parser, const char *word)
{
	size_t bytes_count = strlen(word);

	if ((size_t)(parser->end - parser->at) < bytes_count ||
	    memcmp(parser->at, word, bytes_count) != 0)
		return false;
	parser->at += bytes_count;
	return true;
}

static bool parse_number(struct parser *parser, struct value *value)
{
	const char *behind = number_read(parser->at, parser->end, value);

	if (behind)
		parser->at = behind;
	return behind;
}

static bool fill_value(struct parser *parser, struct value *value)
{
	switch (peek(parser)) {
	case '{':
		parser->at++;
		value->kind = VALUE_OBJECT;
		return parse_members(parser, value, '}');
	case '[':
		parser->at++;
		value->kind = VALUE_ARRAY;
		return parse_members(parser, value, ']');
	case '"':
		value->kind = VALUE_STRING;
		return take_string(parser, &value->string);
	case 't':
		value->kind = VALUE_TRUE;
		return take_word(parser, "true");
	case 'f':
		value->kind = VALUE_FALSE;
		return take_word(parser, "false");
	case 'n':
		value->kind = VALUE_NULL;
		return take_word(parser, "null");
	default:
		return parse_number(parser, value);
	}
}

static struct value *parse_value(struct parser *parser)
{
	struct value *value;
	bool filled;

	if (parser->depth == PARSE_DEPTH_MAX)
		return NULL;
	value = document_value(parser->document);
	if (!value)
		return NULL;
	parser->depth++;
	filled = fill_value(parser, value);
	parser->depth--;
	return filled ? value : NULL;
}

const struct value *parse_line(struct document *document, const char *line,
			       size_t bytes_count)
{
	struct parser parser = {document, line, line + bytes_count, 0};
	const struct value *value;
	char first = peek(&parser);

	if (first != '{' && first != '[')
		return NULL;
	value = parse_value(&parser);
	peek(&parser);
	return value && parser.at == parser.end ? value : NULL;
}
