/*
 * foundation/terminal_text.h - makes texts from outside safe for a terminal,
 * and for files of lines.
 *
 * A name may contain what controls a terminal or looks like another line:
 * control characters (C0, DEL, C1), marks that change the direction of writing,
 * and bytes that are not UTF-8. These are shown as escapes: \n, \x1b, \u202e.
 * All names, commands, paths and notes that the programs print are passed
 * through these functions.
 *
 * Ownership  the result is the text itself, or one of 8 copies that are used in
 *            turn: it is valid long enough for the arguments of one printf.
 * Errors     without memory, the result is "(out of memory)".
 * Threads    any; each thread has its own copies.
 */
#ifndef CLINIC_FOUNDATION_TERMINAL_TEXT_H
#define CLINIC_FOUNDATION_TERMINAL_TEXT_H

const char *clinic_terminal_text(const char *text);
/*
 * Likewise for a line of a source file or of a listing, which keeps its tabs.
 */
const char *clinic_terminal_line(const char *line);

#endif
