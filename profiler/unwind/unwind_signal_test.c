/* Tests walks out of signal handlers and in contexts, which leave one stack. */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "unwind/unwind_scene.h"

static struct scene *signal_scene;
static bool signal_from_context;
static uintptr_t signal_stack_end;

NOINLINE static void on_signal(int number, siginfo_t *info, void *context)
{
	struct scene *s = signal_scene;
	const ucontext_t *interrupted = context;

	(void)number, (void)info;
	if (signal_from_context)
		clinic_registers_from_context(&s->registers, interrupted);
	else
		clinic_registers_here(&s->registers);
	scene_see_stack(s, signal_stack_end);
	scene_walk(s);
	STAY();
}

#if defined(__x86_64__)
/* Walks as for a sample in the kernel, whose pc is behind the instruction. */
static void walk_in_sigreturn(int number, siginfo_t *info, void *context)
{
	enum { SIGRETURN_BYTES = 9 };
	struct scene *s = signal_scene;
	const uint64_t *restorer = (const uint64_t *)context - 1;

	(void)number, (void)info;
	s->registers.known = 0;
	clinic_registers_set(&s->registers, CLINIC_REGISTER_PC,
			     *restorer + SIGRETURN_BYTES);
	clinic_registers_set(&s->registers, CLINIC_REGISTER_SP,
			     (uintptr_t)context);
	scene_see_stack(s, signal_stack_end);
	scene_walk(s);
}
#endif

static void raise_signal(struct scene *s)
{
	signal_scene = s;
	raise(SIGUSR1);
}

static void install_handler(int flags)
{
	struct sigaction action = {.sa_sigaction = on_signal,
				   .sa_flags = SA_SIGINFO | flags};

	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
}

/* The index of innermost's caller in a walk that began further in. */
static size_t index_of(const struct scene *s, uint64_t address)
{
	for (size_t i = 0; i < s->out.frames_count; i++)
		if (s->frames[i] == address)
			return i;
	return s->out.frames_count;
}

/*
 * On AArch64, handlers return to code in the vdso; under qemu-user, it is in no
 * image.
 */
static void skip_where_handlers_return_to_nowhere(void)
{
#if !defined(__x86_64__)
	print_message("# qemu's signal page is in no image\n");
	skip();
#endif
}

static void handlers_unwind_into_what_they_interrupted(void **state)
{
	struct scene *s;

	(void)state;
	skip_where_handlers_return_to_nowhere();
	s = scene_new();
	install_handler(0);
	signal_stack_end = scene_stack_end();
	for (int from_context = 0; from_context < 2; from_context++) {
		signal_from_context = from_context;
		scene_play(s, raise_signal);
		scene_expect_callers(s, index_of(s, s->expected[0]));
		scene_expect_end(s, CLINIC_UNWIND_COMPLETE,
				 CLINIC_END_OUTERMOST);
	}
	free(s);
}

#if defined(__x86_64__)
static void the_return_from_a_handler_unwinds(void **state)
{
	struct sigaction action = {.sa_sigaction = walk_in_sigreturn,
				   .sa_flags = SA_SIGINFO};
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	signal_stack_end = scene_stack_end();
	scene_play(s, raise_signal);
	scene_expect_callers(s, index_of(s, s->expected[0]));
	scene_expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	free(s);
}
#endif

/*
 * A walk only has the bytes of one stack, so it must end with the interrupted
 * function, and say so.
 */
static void a_handler_on_its_own_stack_is_truncated(void **state)
{
	enum { SIZE = 1 << 16 };
	const stack_t none = {.ss_flags = SS_DISABLE};
	stack_t other = {.ss_size = SIZE};
	struct scene *s;

	(void)state;
	skip_where_handlers_return_to_nowhere();
	s = scene_new();
	other.ss_sp = malloc(SIZE);
	assert_int_equal(sigaltstack(&other, NULL), 0);
	install_handler(SA_ONSTACK);
	signal_from_context = false;
	signal_stack_end = (uintptr_t)other.ss_sp + SIZE;
	scene_play(s, raise_signal);
	assert_true(s->out.frames_count >= 3);
	assert_int_equal(index_of(s, s->expected[0]), s->out.frames_count);
	scene_expect_end(s, CLINIC_UNWIND_TRUNCATED,
			 CLINIC_END_ALTERNATE_STACK);
	assert_int_equal(sigaltstack(&none, NULL), 0);
	free(other.ss_sp);
	free(s);
}

static struct scene *context_scene;
static ucontext_t context_here, context_there;

static void context_main(void)
{
	scene_play(context_scene, scene_walk);
	swapcontext(&context_there, &context_here);
}

static void contexts_end_where_they_were_made(void **state)
{
	enum { SIZE = 1 << 17 };
	struct scene *s;
	void *stack;

	(void)state;
	scene_skip_in_sanitizers();
	s = context_scene = scene_new();
	stack = malloc(SIZE);
	assert_int_equal(getcontext(&context_there), 0);
	context_there.uc_stack.ss_sp = stack;
	context_there.uc_stack.ss_size = SIZE;
	context_there.uc_link = NULL;
	makecontext(&context_there, context_main, 0);
	/*
	 * The end that scene_see_stack() uses is that of another, higher stack.
	 */
	assert_int_equal(swapcontext(&context_here, &context_there), 0);
	scene_expect_callers(s, 1);
#if defined(__x86_64__) /* elsewhere, the C library does not mark this end */
	scene_expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
#endif
	free(stack);
	free(s);
}

#if defined(__x86_64__)
/*
 * As in musl, no unwind information says that handlers return through this
 * code.
 */
__asm__(".text\n\t"
	".skip 16, 0x90\n"
	"test_return_from_signal:\n\t"
	"mov $15, %rax\n\t" /* rt_sigreturn */
	"syscall\n\t"
	".skip 16, 0x90\n");
void test_return_from_signal(void);

/* The kernel's own struct; that of sigaction() is another one. */
struct kernel_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static void handlers_of_other_libraries_unwind(void **state)
{
	enum { HAS_RESTORER = 0x04000000 };
	const struct kernel_action action = {
		.handler = on_signal,
		.flags = SA_SIGINFO | HAS_RESTORER,
		.restorer = test_return_from_signal,
	};
	uint64_t restorer = (uintptr_t)test_return_from_signal;
	struct scene *s;

	(void)state;
	scene_skip_in_sanitizers();
	s = scene_new();
	assert_int_equal(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL,
				 sizeof(action.mask)),
			 0);
	signal_from_context = false;
	signal_stack_end = scene_stack_end();
	scene_play(s, raise_signal);
	assert_int_equal(index_of(s, restorer), 1);
	scene_expect_callers(s, index_of(s, s->expected[0]));
	scene_expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	free(s);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlers_unwind_into_what_they_interrupted),
		cmocka_unit_test(a_handler_on_its_own_stack_is_truncated),
		cmocka_unit_test(contexts_end_where_they_were_made),
#if defined(__x86_64__)
		cmocka_unit_test(the_return_from_a_handler_unwinds),
		cmocka_unit_test(handlers_of_other_libraries_unwind),
#endif
	};

	return cmocka_run_group_tests(tests, scene_make_space,
				      scene_free_space);
}
