/* Prints a verb's help, the middle of its manual page or its completion. */
#include "cli/manual_page.h"

#include <clinic/version.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum clinic_page clinic_page = CLINIC_PAGE_HELP;

/* Text that man(7) would take for a request is escaped. */
static void put_escaped(const char *text, size_t length)
{
	if (length && (*text == '.' || *text == '\''))
		fputs("\\&", stdout);
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '-')
			fputs("\\-", stdout);
		else if (text[i] == '\\')
			fputs("\\e", stdout);
		else
			putchar(text[i]);
	}
}

void clinic_manual_begin(const char *verb, const char *summary)
{
	printf(".TH CLINIC");
	if (verb)
		putchar('-');
	for (const char *at = verb; at && *at; at++)
		putchar(toupper((unsigned char)*at));
	printf(" 1 \"\" \"Perf Clinic %s\" \"Perf Clinic\"\n.SH NAME\nclinic",
	       CLINIC_VERSION);
	if (verb)
		printf("\\-%s", verb);
	fputs(" \\- ", stdout);
	put_escaped(summary, strlen(summary));
	putchar('\n');
}

void clinic_manual_text(const char *text)
{
	bool is_list = false;

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (!length) {
			puts(".PP");
		} else {
			if (is_list != (*text == ' ')) {
				is_list = *text == ' ';
				puts(is_list ? ".nf" : ".fi");
			}
			put_escaped(text, length);
			putchar('\n');
		}
		text += length + (text[length] == '\n');
	}
	if (is_list)
		puts(".fi");
}

static void print_option(const struct clinic_option *option)
{
	puts(".TP");
	if (option->letter)
		printf("\\fB\\-%c\\fR, ", option->letter);
	fputs("\\fB\\-\\-", stdout);
	put_escaped(option->name, strlen(option->name));
	fputs("\\fR", stdout);
	if (option->argument)
		printf(" \\fI%s\\fR", option->argument);
	putchar('\n');
	put_escaped(option->text, strlen(option->text));
	putchar('\n');
}

static void print_manual(const struct clinic_usage *usage,
			 const struct clinic_option *options)
{
	static const struct clinic_option help = {
		'h',  "help",
		NULL, CLINIC_OPTION_FLAG,
		NULL, "the options and this text, shorter"};

	fputs(".SH SYNOPSIS\n.B clinic ", stdout);
	put_escaped(usage->line, strlen(usage->line));
	puts("\n.SH OPTIONS");
	for (; options->name; options++)
		print_option(options);
	print_option(&help);
	if (!usage->text)
		return;
	puts(".SH DESCRIPTION");
	clinic_manual_text(usage->text);
}

static void print_completion(const struct clinic_usage *usage,
			     const struct clinic_option *options)
{
	printf("\t%.*s)\n\t\toptions=\"", (int)strcspn(usage->line, " "),
	       usage->line);
	for (; options->name; options++)
		printf("--%s ", options->name);
	puts("--help\"\n\t\t;;");
}

static void print_help(const struct clinic_usage *usage,
		       const struct clinic_option *options)
{
	printf("usage: clinic %s\n\n", usage->line);
	clinic_options_print(options, stdout);
	if (usage->text)
		printf("\n%s", usage->text);
}

void clinic_page_print(const struct clinic_usage *usage,
		       const struct clinic_option *options)
{
	switch (clinic_page) {
	case CLINIC_PAGE_HELP:
		print_help(usage, options);
		return;
	case CLINIC_PAGE_MANUAL:
		print_manual(usage, options);
		return;
	case CLINIC_PAGE_COMPLETION:
		print_completion(usage, options);
		return;
	}
}
