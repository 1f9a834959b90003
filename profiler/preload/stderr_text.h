/*
 * preload/stderr_text.h - a few words on stderr, by write(2) alone.
 *
 * Errors     none: when stderr is closed, nobody is left to tell.
 * Threads    any; lines of several threads may mix.
 */
#ifndef PRELOAD_STDERR_TEXT_H
#define PRELOAD_STDERR_TEXT_H

#include "preload/stack/stack_walk.h"
#include <stdint.h>

void stderr_text(const char *text);
void stderr_count(uint64_t count);

/* The variable there, as `clinic` names it, or where it is. */
void stderr_variable(uint64_t address);

/*
 * One line a frame, with function, file and line. The names come from the
 * `clinic` beside this library, run as a child; without it the lines are
 * "PATH+0xOFFSET", which addr2line understands.
 */
void stderr_stack(const struct stack *stack);

#endif
