/* Lists /proc once, then finds names and descendants in the list. */
#include "collect/process_search.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "foundation/growing_array.h"

/* Reads "PID (NAME) STATE PARENT"; a name may contain brackets and blanks. */
static bool read_process(pid_t pid, struct clinic_found_process *process)
{
	char path[32], text[512] = "";
	const char *open, *close;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	(void)!fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	*process = (struct clinic_found_process){.pid = pid};
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || sscanf(close, ") %*c %d", &process->parent) != 1)
		return false;
	snprintf(process->name, sizeof(process->name), "%.*s",
		 (int)(close - open - 1), open + 1);
	return true;
}

static int add(struct clinic_process_list *list,
	       const struct clinic_found_process *process)
{
	struct clinic_found_process *grown = clinic_grow(
		list->at, list->count, &list->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	list->at = grown;
	list->at[list->count++] = *process;
	return 0;
}

static int compare_pids(const void *left, const void *right)
{
	const struct clinic_found_process *a = left, *b = right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static int list_all(struct clinic_process_list *list)
{
	struct clinic_found_process process;
	struct dirent *entry;
	DIR *folder = opendir("/proc");
	int err = 0;

	if (!folder)
		return -errno;
	while (!err && (entry = readdir(folder)))
		if (isdigit((unsigned char)*entry->d_name) &&
		    read_process((pid_t)atoi(entry->d_name), &process))
			err = add(list, &process);
	closedir(folder);
	if (list->count)
		qsort(list->at, list->count, sizeof(*list->at), compare_pids);
	return err;
}

static struct clinic_found_process *find(const struct clinic_process_list *list,
					 pid_t pid)
{
	const struct clinic_found_process wanted = {.pid = pid};

	return list->count ? bsearch(&wanted, list->at, list->count,
				     sizeof(*list->at), compare_pids)
			   : NULL;
}

/* Is it this process, or an ancestor of it? */
static bool is_ours(const struct clinic_process_list *list, pid_t pid)
{
	pid_t at = getpid();

	for (size_t steps = 0; at > 0 && steps <= list->count; steps++) {
		const struct clinic_found_process *process = find(list, at);

		if (at == pid)
			return true;
		at = process ? process->parent : 0;
	}
	return false;
}

static bool is_meant(const struct clinic_process_list *list,
		     const struct clinic_found_process *process,
		     const char *word)
{
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	if (!*end)
		return number == (unsigned long)process->pid;
	return !strncmp(process->name, word, CLINIC_PROCESS_NAME_BYTES - 1) &&
	       !is_ours(list, process->pid);
}

static int mark_roots(struct clinic_process_list *list, const char *word)
{
	int err = -ESRCH;

	for (size_t i = 0; i < list->count; i++) {
		if (!is_meant(list, &list->at[i], word))
			continue;
		list->at[i].is_root = list->at[i].is_wanted = true;
		err = 0;
	}
	return err;
}

/* Goes level by level. A root below another root needs no mark of its own. */
static void mark_descendants(struct clinic_process_list *list)
{
	bool is_changed = true;

	while (is_changed) {
		is_changed = false;
		for (size_t i = 0; i < list->count; i++) {
			struct clinic_found_process *process = &list->at[i];
			const struct clinic_found_process *parent =
				find(list, process->parent);

			if (!parent || !parent->is_wanted ||
			    process->pid == getpid() ||
			    (process->is_wanted && !process->is_root))
				continue;
			process->is_wanted = is_changed = true;
			process->is_root = false;
		}
	}
}

static int compare_roots_first(const void *left, const void *right)
{
	const struct clinic_found_process *a = left, *b = right;

	if (a->is_root != b->is_root)
		return a->is_root ? -1 : 1;
	return compare_pids(a, b);
}

static void keep_wanted(struct clinic_process_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].is_wanted)
			list->at[kept++] = list->at[i];
	list->count = kept;
	if (kept)
		qsort(list->at, kept, sizeof(*list->at), compare_roots_first);
	while (list->roots_count < kept && list->at[list->roots_count].is_root)
		list->roots_count++;
}

int clinic_process_search(const char *const *words, size_t count,
			  struct clinic_process_list *list,
			  const char **missing)
{
	int err;

	*list = (struct clinic_process_list){0};
	err = list_all(list);
	for (size_t i = 0; !err && i < count; i++) {
		*missing = words[i];
		err = mark_roots(list, words[i]);
	}
	if (err)
		return err;
	mark_descendants(list);
	keep_wanted(list);
	return 0;
}

void clinic_process_list_free(struct clinic_process_list *list)
{
	free(list->at);
	*list = (struct clinic_process_list){0};
}
