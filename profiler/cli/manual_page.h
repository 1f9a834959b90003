/*
 * cli/manual_page.h - prints manual pages and the bash completion, from the
 * option tables.
 *
 * The options of a verb are known only inside its run(). So it is called with
 * --help, and what clinic_options() then prints is the page that was chosen
 * here.
 *
 * Format     man(7) macros, as groff reads them; bash's own completion.
 * Read next  main.c, which prints what is around them.
 */
#ifndef CLINIC_CLI_MANUAL_PAGE_H
#define CLINIC_CLI_MANUAL_PAGE_H

#include "cli/verb.h"

enum clinic_page {
	CLINIC_PAGE_HELP,       /* of `clinic help VERB` */
	CLINIC_PAGE_MANUAL,     /* the middle of clinic-VERB(1) */
	CLINIC_PAGE_COMPLETION, /* one case of the completion */
};

/* Which page --help prints. */
extern enum clinic_page clinic_page;

void clinic_page_print(const struct clinic_usage *usage,
		       const struct clinic_option *options);

/*
 * Prints title and NAME of the page of "clinic" or of a verb; the rest follows.
 */
void clinic_manual_begin(const char *verb, const char *summary);

/* Prints paragraphs of text; lines that begin with a blank stay lines. */
void clinic_manual_text(const char *text);

#endif
