/* Demangles names by libiberty, with a bound on the length of the output. */
#include "symbols/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "symbols/rust_legacy.h"

struct output {
	char *text;
	size_t size;
	size_t capacity;
	jmp_buf stop;
};

/*
 * Leaves libiberty by longjmp when the output is too long. There is no other
 * way to stop it, and a name of 100 bytes can expand for hours. The jump is
 * safe because the callback interface keeps its state on the stack.
 */
static void append(const char *piece, size_t size, void *context)
{
	struct output *output = context;
	char *grown;

	if (size > CLINIC_DEMANGLED_MAX - output->size)
		longjmp(output->stop, 1);
	grown = clinic_grow_by(output->text, output->size, size + 1,
			       &output->capacity, 1);
	if (!grown)
		longjmp(output->stop, 1);
	output->text = grown;
	memcpy(output->text + output->size, piece, size);
	output->size += size;
	output->text[output->size] = '\0';
}

/* Rust's names are tried first, because they look like names of C++. */
static int print(const char *name, struct output *output)
{
	const int options = DMGL_PARAMS | DMGL_ANSI;

	if (setjmp(output->stop))
		return 0;
	if (rust_demangle_callback(name, options, append, output))
		return 1;
	output->size = 0; /* a part may be printed before a failure */
	return cplus_demangle_v3_callback(name, options, append, output);
}

static char *demangle_plain(const char *name)
{
	struct output output = {0};
	char *legacy = clinic_rust_legacy_demangle(name);

	if (legacy)
		return legacy;
	if (strncmp(name, "_Z", 2) && strncmp(name, "_R", 2))
		return NULL;
	if (!print(name, &output)) {
		free(output.text);
		return NULL;
	}
	return output.text;
}

/*
 * The suffixes "@plt" of a stub and "@@GLIBCXX_3.4" are not part of the mangled
 * name.
 */
char *clinic_demangle(const char *name)
{
	const char *suffix = strchr(name, '@');
	char *head, *plain, *whole = NULL;

	if (!suffix)
		return demangle_plain(name);
	head = strndup(name, (size_t)(suffix - name));
	plain = head ? demangle_plain(head) : NULL;
	if (plain && asprintf(&whole, "%s%s", plain, suffix) < 0)
		whole = NULL;
	free(plain);
	free(head);
	return whole;
}
