/*
 * preload/stderr_text.h - a few words on stderr, by write(2) alone.
 *
 * Errors     none: if stderr is closed, the text is lost.
 * Threads    any; lines of several threads may mix.
 */
#ifndef PRELOAD_STDERR_TEXT_H
#define PRELOAD_STDERR_TEXT_H

#include "preload/stack/stack_walk.h"
#include <stdint.h>

void stderr_text(const char *text);
void stderr_count(uint64_t count);

/* Writes the name of the variable by `clinic`, or the place of it. */
void stderr_variable(uint64_t address);

/*
 * Writes one line per frame, with function, file and line. The `clinic` beside
 * this library is run as a child to find the names; without it, the lines are
 * "PATH+0xOFFSET", which addr2line understands.
 */
void stderr_stack(const struct stack *stack);

#endif
