/*
 * foundation/terminal_text.h - text that others chose, made harmless for a
 * terminal, and for files of lines.
 *
 * A name may hold what a terminal obeys or what fakes a line: control
 * characters (C0, DEL, C1), marks that turn the direction of writing, and
 * bytes that are no UTF-8. They are shown as escapes: \n, \x1b, \u202e. All
 * that the programs print of names, commands, paths and notes goes through
 * here.
 *
 * Ownership  what is returned is the text itself, or one of a few copies that
 *            take turns: good for the arguments of one printf.
 * Errors     out of memory, a fixed text.
 * Threads    each has its own copies.
 */
#ifndef CLINIC_FOUNDATION_TERMINAL_TEXT_H
#define CLINIC_FOUNDATION_TERMINAL_TEXT_H

const char *clinic_terminal_text(const char *text);
/* A line of a source file or of a listing, whose tabs stay. */
const char *clinic_terminal_line(const char *line);

#endif
