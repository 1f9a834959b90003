/*
 * collect/process_search.h - find the running processes that a user names.
 *
 *	"1234"   that process       "nginx"  all of that name (/proc/PID/comm)
 *
 * Descendants are found, too: a server has forked its workers long before we
 * watch it.
 *
 * Ownership  clinic_process_list_free(), also after an error.
 * Errors     0 or -errno: -ESRCH when no process fits a word.
 */
#ifndef CLINIC_COLLECT_PROCESS_SEARCH_H
#define CLINIC_COLLECT_PROCESS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CLINIC_PROCESS_NAME_BYTES 16 /* the kernel keeps 15 characters */

struct clinic_found_process {
	pid_t pid, parent;
	char name[CLINIC_PROCESS_NAME_BYTES];
	bool is_root; /* it was asked for itself, not an ancestor of it */
	bool is_wanted;
};

struct clinic_process_list {
	struct clinic_found_process *at;
	size_t count, capacity;
	size_t roots_count;
};

/*
 * words: process ids and names. The list gets the processes that fit, roots
 * first. A name never means this process or an ancestor of it. *missing: the
 * word that no process fits.
 */
int clinic_process_search(const char *const *words, size_t count,
			  struct clinic_process_list *list,
			  const char **missing);
void clinic_process_list_free(struct clinic_process_list *list);

#endif
