/*
 * collect/process_search.h - which processes run now, and which of them are
 * meant.
 *
 *	"1234"   that process       "nginx"  all of that name (/proc/PID/comm)
 *
 * Each with the descendants that it has by now: a server's workers were forked
 * long before anybody watches.
 *
 * Ownership  clinic_process_list_free(), also after an error.
 * Errors     0 or -errno: -ESRCH no process is meant by a word.
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
	bool is_root; /* asked for, not a descendant of one that was */
	bool is_wanted;
};

struct clinic_process_list {
	struct clinic_found_process *at;
	size_t count, capacity;
	size_t roots_count;
};

/*
 * words: process ids and names. Leaves those that are meant, roots first;
 * neither this process nor its own ancestors by name. *missing: the word
 * without a process.
 */
int clinic_process_search(const char *const *words, size_t count,
			  struct clinic_process_list *list,
			  const char **missing);
void clinic_process_list_free(struct clinic_process_list *list);

#endif
