/*
 * symbols/known_function.h - a function of this very program whose name, line
 * and address are known, and how the tests ask for it.
 *
 *	struct seen seen = resolve_one(open_path(symbols, "/proc/self/exe"),
 *				       known_address());
 *	assert_string_equal(seen.function, "known_function");
 */
#ifndef CLINIC_SYMBOLS_KNOWN_FUNCTION_H
#define CLINIC_SYMBOLS_KNOWN_FUNCTION_H

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbols/elf_file.h"
#include "symbols/source_lines.h"
#include "symbols/symbols.h"

/* The function that tests look up in this very program. */
enum { KNOWN_LINE = __LINE__ + 1 };
__attribute__((noinline)) static int known_function(int value)
{
	__asm__ volatile("" : "+r"(value));
	return value + 1;
}

/* The answer to one address, copied. */
struct seen {
	enum clinic_tier tier;
	size_t frames_count;
	char function[256];
	char defined_file[256];
	uint32_t line, defined_line;
	uint64_t start;
	size_t calls_count;
};

static inline void see(void *context, size_t index,
		       const struct clinic_symbols_symbol *symbol)
{
	struct seen *seen = (struct seen *)context + index;

	seen->calls_count++;
	seen->tier = symbol->tier;
	seen->frames_count = symbol->frames_count;
	if (!symbol->frames_count)
		return;
	snprintf(seen->function, sizeof(seen->function), "%s",
		 symbol->frames[0].function);
	snprintf(seen->defined_file, sizeof(seen->defined_file), "%s",
		 symbol->frames[0].defined_file ? symbol->frames[0].defined_file
						: "");
	seen->line = symbol->frames[0].line;
	seen->defined_line = symbol->frames[0].defined_line;
	seen->start = symbol->frames[0].start;
}

static inline struct seen resolve_one(struct clinic_symbols_module *module,
				      uint64_t address)
{
	struct seen seen = {0};

	assert_int_equal(
		clinic_symbols_resolve(module, &address, 1, see, &seen), 0);
	assert_int_equal(seen.calls_count, 1);
	return seen;
}

/* The address of the function in this program's file. */
static inline uint64_t known_address(void)
{
	uintptr_t address = (uintptr_t)known_function;
	struct link_map *map;
	Dl_info info;

	assert_int_not_equal(dladdr1((const void *)address, &info,
				     (void **)&map, RTLD_DL_LINKMAP),
			     0);
	return address - map->l_addr;
}

static inline int make(void **state)
{
	return clinic_symbols_new(NULL, (struct clinic_symbols **)state);
}

static inline int unmake(void **state)
{
	clinic_symbols_free(*state);
	return 0;
}

static inline struct clinic_symbols_module *
open_path(struct clinic_symbols *symbols, const char *path)
{
	const struct clinic_symbols_binary binary = {.path = path, .fd = -1};
	struct clinic_symbols_module *module;

	assert_int_equal(clinic_symbols_open(symbols, &binary, &module), 0);
	return module;
}

static inline struct clinic_build_id build_id_of(const char *path)
{
	struct clinic_build_id build_id;
	struct clinic_elf *elf;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(clinic_elf_open(fd, &elf), 0);
	build_id = elf->build_id;
	clinic_elf_close(elf);
	close(fd);
	return build_id;
}

static inline void keep_range(void *context,
			      const struct clinic_symbols_range *range)
{
	*(struct clinic_symbols_range *)context = *range;
}

#endif
