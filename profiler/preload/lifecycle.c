/*
 * Starts the counter, prepares forks, and writes the file at the end.
 *
 * CLINIC_ALLOC_OUT names the file; %p is the process id. Without %p, a forked
 * child appends ".PID", so that no process overwrites another's file.
 */
#include "preload/alloc/alloc_budget.h"
#include "preload/alloc/alloc_track.h"
#include "preload/alloc/operator_new.h"
#include "preload/arena.h"
#include "preload/cancellation.h"
#include "preload/causal/causal_sampler.h"
#include "preload/confinement.h"
#include "preload/counts_json.h"
#include "preload/hand_over.h"
#include "preload/lock/lock_hooks.h"
#include "preload/stack/process_texts.h"
#include "preload/stack/stack_tables.h"
#include "preload/stack/spare_stack.h"
#include "preload/stack/thread_stack.h"
#include "preload/stderr_text.h"
#include "preload/process_end.h"
#include "preload/raw_calls.h"
#include "preload/thread_counts.h"
#include "preload/timer/timer_sampler.h"
#include "preload/unseen.h"
#include "shared_memory/ticks.h"
#include "shared_memory/settings.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static char out_pattern[PATH_MAX];
static pid_t our_pid;
static bool is_forked;
static atomic_bool is_written;
static const char *unobservable; /* the reason, or NULL */
static bool is_new_unobservable;

struct path {
	char text[PATH_MAX + 64];
	size_t used;
};

static void append(struct path *path, const char *text, size_t length)
{
	size_t room = sizeof(path->text) - 1 - path->used;
	size_t part = length < room ? length : room;

	memcpy(path->text + path->used, text, part);
	path->used += part;
	path->text[path->used] = '\0';
}

static void append_pid(struct path *path)
{
	char digits[16];
	size_t at = sizeof(digits);
	pid_t pid = our_pid;

	do
		digits[--at] = (char)('0' + pid % 10);
	while (pid /= 10);
	append(path, digits + at, sizeof(digits) - at);
}

static void make_path(struct path *path)
{
	const char *at = out_pattern;
	const char *mark;
	bool has_pid = false;

	path->used = 0;
	for (; (mark = strstr(at, "%p")); at = mark + 2) {
		append(path, at, (size_t)(mark - at));
		append_pid(path);
		has_pid = true;
	}
	append(path, at, strlen(at));
	if (is_forked && !has_pid) {
		append(path, ".", 1);
		append_pid(path);
	}
}

static void complain(const char *path, int error)
{
	const char *why = strerrordesc_np(error);

	stderr_text("clinic: cannot write the allocation counts to ");
	stderr_text(path);
	stderr_text(": ");
	stderr_text(why ? why : "unknown error");
	stderr_text("; give a place that is writable\n");
}

/*
 * The loader decides which malloc the program calls. If it is not ours, counts
 * of zero would be false.
 */
static bool is_bypassed(void)
{
	void *used = dlsym(RTLD_DEFAULT, "malloc");
	const ElfW(Sym) * symbol;
	Dl_info theirs, ours;
	void *entry;

	if (!dladdr1(used, &theirs, &entry, RTLD_DL_SYMENT) ||
	    !dladdr((void *)(uintptr_t)is_bypassed, &ours))
		return false;
	symbol = entry;
	/*
	 * The symbol is undefined in the program, but has an address: that is a
	 * stub, which calls our function.
	 */
	if (symbol && symbol->st_shndx == SHN_UNDEF)
		return false;
	return theirs.dli_fbase != ours.dli_fbase;
}

/* The counts are written into a device or pipe: a rename would replace it. */
static bool is_special(const char *path)
{
	struct stat status;

	return !stat(path, &status) && !S_ISREG(status.st_mode);
}

/*
 * A new file beside the wanted name, so that we write through no link that
 * others put there.
 */
static int open_draft(const char *draft)
{
	unlink(draft);
	return open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0666);
}

static int write_file(const struct path *path)
{
	struct path draft = *path;
	bool in_place = is_special(path->text);
	int fd, error;

	append(&draft, ".part", 5);
	fd = in_place ? open(path->text, O_WRONLY | O_CLOEXEC)
		      : open_draft(draft.text);
	if (fd < 0)
		return -errno;
	error = counts_json_write(fd, unobservable);
	if (close(fd) && !error)
		error = -errno;
	if (in_place)
		return error;
	if (!error && rename(draft.text, path->text))
		error = -errno;
	if (error)
		unlink(draft.text);
	return error;
}

/* A collector that sees the end sees everything that was written before. */
static void note_end(struct arena_head *head)
{
	__atomic_store_n(&head->ended_ticks, ticks_now(), __ATOMIC_RELEASE);
}

static void close_arena(void)
{
	struct arena_head *head = arena_get_head();

	if (!head)
		return;
	process_save_maps(stack_tables_now());
	head->resident_peak_bytes = process_resident_peak_bytes();
	if (!confinement.is_clockless)
		note_end(head);
}

static void write_all(void *unused)
{
	struct path path;
	int error;

	(void)unused;
	close_arena();
	if (!out_pattern[0])
		return;
	make_path(&path);
	error = write_file(&path);
	if (error)
		complain(path.text, -error);
}

/*
 * A child of vfork runs in our memory but is another process: its process id is
 * different.
 */
static void write_once(void)
{
	if ((!confinement.is_filtered && raw_pid() != our_pid) ||
	    atomic_exchange(&is_written, true))
		return;
	/*
	 * From here on the program does nothing more: this thread only ends the
	 * process.
	 */
	(void)cancellation_pause();
	causal_process_end();
	thread_pause_counting(thread_self());
	if (confinement.is_filtered)
		close_arena();
	else
		spare_stack_call(write_all, NULL);
}

void process_leaves(bool leaves)
{
	struct arena_head *head = raw_pid() == our_pid ? arena_get_head()
						       : NULL;

	if (head)
		head->has_left = leaves;
}

static void at_exit(int status, void *unused)
{
	(void)status;
	(void)unused;
	write_once();
}

/*
 * A descriptor of the folder of arenas, for children that cannot reach the
 * folder by its path.
 */
static struct unseen_roll *roll;
static struct handover handover;

/* Uses a file in the folder, or if that is not possible, memory without one. */
static int back_arena(const char *folder)
{
	int error = arena_back_by_file(folder), given;

	if (!error || !handover.address_bytes)
		return error;
	given = arena_back_by_handover(&handover);
	return given ? error : 0;
}

/*
 * SETTING_ARENA_FOLDER names the folder for arenas that outlive their process.
 * Without it, or when it cannot be used, the arena is memory alone.
 */
static void open_arena(void)
{
	const char *folder =
		confinement.is_filtered ? NULL : getenv(SETTING_ARENA_FOLDER);
	int error = folder ? back_arena(folder) : 0;

	if (folder && !roll)
		roll = unseen_open(folder);
	unseen_use(roll);
	if (confinement.is_filtered)
		error = -EPERM;
	if (error)
		unseen_note_unopened(roll, -error);
	/*
	 * A collector reports this itself; we write nothing to the program's
	 * stderr.
	 */
	if (error && folder && !handover.address_bytes)
		complain(folder, -error);
	if (!arena_get_head())
		return;
	arena_get_head()->is_unobservable = unobservable != NULL;
	arena_get_head()->is_new_unobservable = is_new_unobservable;
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && strcmp(value, SETTING_ON) == 0;
}

static uint64_t read_count(const char *name)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : 0;
}

static void take_in_time(void *unused)
{
	struct arena_head *head = arena_get_head();

	(void)unused;
	timer_sampler_confine();
	causal_confine();
	arena_take_ahead();
	if (head && !head->is_confined)
		process_save_maps(stack_tables_now());
}

/* All that would be fetched from the system later is fetched now. */
static void prepare_confinement(enum confinement_kind kind)
{
	struct thread_block *self = thread_self();
	struct arena_head *head = arena_get_head();
	int before = cancellation_pause();

	thread_pause_counting(self);
	spare_stack_call(take_in_time, NULL);
	if (head)
		head->is_confined = 1;
	if (head && kind == CONFINED_WITHOUT_CLOCK) {
		head->is_clockless = 1;
		note_end(head);
		track_plan.with_locks = false;
		thread_stop_counting(self);
	}
	thread_resume_counting(self);
	cancellation_resume(before);
}

static void begin_again(void *unused)
{
	(void)unused;
	process_inherit_maps();
	thread_restart();
	open_arena();
	track_restart();
}

/* fork() of this thread is between its handlers: the roll counts a child. */
static _Thread_local bool is_forking;

static void before_fork(void)
{
	is_forking = true;
	unseen_note_starting(roll);
}

static void in_parent(void)
{
	is_forking = false;
}

/*
 * The parent's counts are the parent's: a child begins at zero. Called by
 * fork(), and where that was not how the child was made, by its first hook.
 */
static void in_child(void)
{
	int before;

	if (!confinement.is_filtered && raw_pid() == our_pid)
		return;
	before = cancellation_pause();
	process_mark_set();
	our_pid = confinement.is_filtered ? 0 : raw_pid();
	is_forked = true;
	atomic_store(&is_written, false);
	spare_stack_restart();
	spare_stack_call(begin_again, NULL);
	if (is_forking)
		unseen_note_started(roll);
	is_forking = false;
	thread_resume_counting(thread_self());
	cancellation_resume(before);
}

/*
 * The first constructor of all (-z initfirst, and before the others of this
 * library), so that what the others allocate has a stack too. The C library
 * has not even set environ yet; to the same value, when it does.
 *
 * on_exit, from here: such handlers run after the destructors of all
 * libraries, whose frees are the program's too.
 */
__attribute__((constructor(101))) static void
start(int arguments_count, char **arguments, char **environment)
{
	const char *pattern, *stages_without;

	(void)arguments_count;
	(void)arguments;
	if (!environ)
		environ = environment;
	pattern = getenv(SETTING_COUNTS_FILE);
	stages_without = getenv(SETTING_ZERO_ALLOC);

	our_pid = raw_pid();
	if (pattern && strlen(pattern) < sizeof(out_pattern))
		strcpy(out_pattern, pattern);
	process_mark_open(in_child);
	confinement_open(prepare_confinement);
	thread_pause_counting(thread_self());
	thread_stack_open();
	handover_read(&handover, SETTING_ARENA_HANDOVER);
	if (is_bypassed())
		unobservable = "the program brings its own malloc: its calls "
			       "never reach this library";
	else
		is_new_unobservable = operator_new_bypasses_malloc();
	open_arena();
	lock_hooks_open();
	track_open(&(struct track_plan){
		.with_stacks = is_set(SETTING_STACKS) && !unobservable,
		.with_live = is_set(SETTING_LIVE),
		.with_locks = is_set(SETTING_LOCKS),
		.sample_bytes = read_count(SETTING_SAMPLE_BYTES),
	});
	budget_open(write_once);
	if (!unobservable && stages_without)
		budget_forbid(stages_without);
	on_exit(at_exit, NULL);
	/* Without room for it, a quick exit writes nothing. */
	(void)at_quick_exit(write_once);
	pthread_atfork(before_fork, in_parent, in_child);
	thread_resume_counting(thread_block);
}

/* These functions end the process without running any exit handler. */
EXPORT __attribute__((noreturn)) void _exit(int status)
{
	write_once();
	process_end_now(status);
}

EXPORT __attribute__((noreturn)) void _Exit(int status)
{
	_exit(status);
}
