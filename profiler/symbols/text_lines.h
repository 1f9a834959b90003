/*
 * symbols/text_lines.h - the lines of a file that lists names.
 *
 * There are hundreds of thousands of lines, and stdio took a third of the time.
 *
 * Errors     0 or -errno: -EBADMSG for a line that is longer than any name, or
 *            the result of on_line, which ends the reading.
 * Read next  kernel_symbols.h and generated_code.h, whose lists these are.
 */
#ifndef CLINIC_SYMBOLS_TEXT_LINES_H
#define CLINIC_SYMBOLS_TEXT_LINES_H

/* The line ends with a NUL at `end`, and may be written to. */
typedef int clinic_on_text_line(void *context, char *line, char *end);

/* Reads from fd's position to the end; ignores a last line without newline. */
int clinic_text_lines_read(int fd, clinic_on_text_line *on_line, void *context);

#endif
