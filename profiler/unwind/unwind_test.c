/*
 * Walks with known answers, in our own process: who called whom is told by
 * the compiler's __builtin_return_address.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "unwind/address_space.h"
#include "unwind/unwind.h"

enum { FRAMES_MAX = 8192, NESTING = 3 };

#define NOINLINE __attribute__((noinline, noclone))
/* After a call, so that it is none in tail position. */
#define STAY() __asm__ volatile("" ::: "memory")

static struct clinic_modules *modules;
static struct clinic_space *space;        /* of our images in memory */
static struct clinic_space *mapped_space; /* of our mappings and their files */

/* What a walk gets and gives; expected[i] is where frame i + 1 must be. */
struct scene {
	struct clinic_unwinder unwinder;
	struct clinic_registers registers;
	struct clinic_unwind_moment at;
	struct clinic_unwound out;
	uint64_t frames[FRAMES_MAX];
	uint64_t expected[NESTING];
	uint64_t chain[FRAMES_MAX];
};

static uintptr_t stack_end(void)
{
	pthread_attr_t attributes;
	size_t size;
	void *start;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &start, &size);
	pthread_attr_destroy(&attributes);
	return (uintptr_t)start + size;
}

static struct scene *new_scene(void)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->at.registers = &s->registers;
	s->out.frames = s->frames;
	s->out.frames_max = FRAMES_MAX;
	return s;
}

static void see_stack(struct scene *s, uintptr_t end)
{
	uint64_t sp = s->registers.value[CLINIC_REGISTER_SP];

	s->at.stack_start = sp;
	s->at.stack = (const void *)(uintptr_t)sp;
	s->at.stack_bytes = end - sp;
}

static void walk(struct scene *s)
{
	clinic_unwind(&s->unwinder, space, &s->at, &s->out);
}

/* As from outside: a chain's calls are looked for in the files. */
static void walk_mapped(struct scene *s)
{
	clinic_unwind(&s->unwinder, mapped_space, &s->at, &s->out);
}

#define RETURN_ADDRESS() ((uint64_t)(uintptr_t)__builtin_return_address(0))

NOINLINE static void innermost(struct scene *s, void (*then)(struct scene *))
{
	s->expected[0] = RETURN_ADDRESS() - 1;
	clinic_registers_here(&s->registers);
	see_stack(s, stack_end());
	then(s);
	STAY();
}

NOINLINE static void middle(struct scene *s, void (*then)(struct scene *))
{
	s->expected[1] = RETURN_ADDRESS() - 1;
	innermost(s, then);
	STAY();
}

NOINLINE static void outer(struct scene *s, void (*then)(struct scene *))
{
	s->expected[2] = RETURN_ADDRESS() - 1;
	middle(s, then);
	STAY();
}

static void expect_callers(const struct scene *s, size_t from)
{
	assert_true(s->out.frames_count > from + NESTING);
	for (size_t i = 0; i < NESTING; i++)
		assert_int_equal(s->frames[from + i], s->expected[i]);
}

static void expect_end(const struct scene *s, enum clinic_unwind_truth truth,
		       enum clinic_unwind_end end)
{
	assert_string_equal(clinic_unwind_end_name(s->out.end),
			    clinic_unwind_end_name(end));
	assert_int_equal(s->out.truth, truth);
}

static void callers_are_found_to_the_outermost(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk);
	expect_callers(s, 1);
	expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	assert_int_equal(s->unwinder.ends_count[CLINIC_END_OUTERMOST], 1);
	assert_int_equal(s->unwinder.truths_count[CLINIC_UNWIND_COMPLETE], 1);
	free(s);
}

static void walk_twice(struct scene *s)
{
	walk(s);
	walk(s);
}

static void a_second_walk_hits_the_cache(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk_twice);
	expect_callers(s, 1);
	assert_int_equal(s->unwinder.cache_hits_count +
				 s->unwinder.cache_misses_count,
			 2 * s->out.frames_count);
	assert_true(s->unwinder.cache_hits_count >= s->out.frames_count - 2);
	free(s);
}

static void walk_three_frames(struct scene *s)
{
	s->out.frames_max = 3;
	walk(s);
}

static void depth_is_limited(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk_three_frames);
	assert_int_equal(s->out.frames_count, 3);
	assert_int_equal(s->frames[1], s->expected[0]);
	assert_int_equal(s->frames[2], s->expected[1]);
	expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_DEPTH);
	free(s);
}

/* Of live stack, in which sanitizers have their red zones. */
__attribute__((no_sanitize("address", "thread"))) NOINLINE static void
copy_words(uint64_t *to, const uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = ((const volatile uint64_t *)from)[i];
}

/* Each shorter copy gives a true prefix, and never more bytes are read. */
static void walk_every_size(struct scene *s)
{
	static struct scene whole;
	uint64_t *copy;

	walk(s);
	whole = *s;
	for (size_t size = 0; size < 400; size += 8) {
		copy = malloc(size);
		copy_words(copy, whole.at.stack, size / sizeof(*copy));
		s->at.stack = copy;
		s->at.stack_bytes = size;
		walk(s);
		free(copy);
		expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_STACK_SHORT);
		assert_true(s->out.frames_count < whole.out.frames_count);
		assert_memory_equal(s->frames, whole.frames,
				    s->out.frames_count * sizeof(uint64_t));
	}
}

static void walk_what_was_read(struct scene *s)
{
	size_t needed, frames_count;

	walk(s);
	needed = s->out.stack_read_bytes;
	frames_count = s->out.frames_count;
	assert_true(needed > 0 && needed <= s->at.stack_bytes);
	s->at.stack_bytes = needed;
	walk(s);
	expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	assert_int_equal(s->out.frames_count, frames_count);
	s->at.stack_bytes = needed / 2;
	walk(s);
	expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_STACK_SHORT);
}

static void walks_tell_how_much_they_read(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk_what_was_read);
	free(s);
}

static void a_short_copy_gives_the_inner_frames(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk_every_size);
	free(s);
}

NOINLINE static void descend(struct scene *s, int depth)
{
	if (depth == 0)
		outer(s, walk);
	else
		descend(s, depth - 1);
	STAY();
}

static void deep_recursion_is_complete(void **state)
{
	enum { DEPTH = 2000 };
	struct scene *s = new_scene();

	(void)state;
	descend(s, DEPTH);
	expect_callers(s, 1);
	expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	assert_true(s->out.frames_count > DEPTH);
	for (int i = 5; i < DEPTH; i++)
		assert_int_equal(s->frames[i], s->frames[6]);
	free(s);
}

/* By the frame pointers that these tests are compiled to keep. */
static void make_chain(struct scene *s)
{
	uint64_t fp = s->registers.value[CLINIC_REGISTER_FP];
	uint64_t end = s->at.stack_start + s->at.stack_bytes;

	s->chain[0] = s->registers.value[CLINIC_REGISTER_PC];
	s->at.chain = s->chain;
	s->at.chain_count = 1;
	while (fp >= s->at.stack_start && fp < end - 16 && fp % 8 == 0) {
		uint64_t frame[2];

		copy_words(frame, (const void *)(uintptr_t)fp, 2);
		s->chain[s->at.chain_count++] = frame[1];
		fp = frame[0];
	}
}

static void walk_by_chain(struct scene *s)
{
	make_chain(s);
	s->at.registers = NULL;
	s->at.stack_bytes = 0;
	walk_mapped(s);
}

static void a_chain_is_proven_by_tables(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk_by_chain);
	expect_callers(s, 1);
	s->out.frames_max = 3; /* what these tests call themselves */
	walk_mapped(s);
	expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_DEPTH);
	free(s);
}

static void walk_short_with_chain(struct scene *s)
{
	make_chain(s);
	s->at.stack_bytes = 64;
	s->out.frames_max = 4;
	walk_mapped(s);
}

static void a_chain_continues_where_the_copy_ends(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk_short_with_chain);
	assert_int_equal(s->out.frames_count, 4);
	assert_memory_equal(s->frames + 1, s->expected, sizeof(s->expected));
	expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_DEPTH);
	free(s);
}

static void walk_chain_into_data(struct scene *s)
{
	make_chain(s);
	s->chain[2] = (uintptr_t)s; /* data */
	s->at.stack_bytes = 0;
	walk_mapped(s);
}

static void a_chain_that_leaves_code_ends_there(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk_chain_into_data);
	assert_int_equal(s->out.frames_count, 2);
	assert_int_equal(s->frames[1], s->expected[0]);
	expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_STACK_SHORT);
	free(s);
}

static void walk_other_chain(struct scene *s)
{
	make_chain(s);
	s->chain[0]++; /* of another moment than the registers */
	s->at.stack_bytes = 0;
	walk_mapped(s);
}

static void a_chain_of_another_moment_is_not_used(void **state)
{
	struct scene *s = new_scene();

	(void)state;
	outer(s, walk_other_chain);
	assert_int_equal(s->out.frames_count, 1);
	expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_STACK_SHORT);
	free(s);
}

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
	see_stack(s, signal_stack_end);
	walk(s);
	STAY();
}

#if defined(__x86_64__)
/* As a sample in the kernel finds it, whose pc is behind the instruction. */
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
	see_stack(s, stack_end());
	walk(s);
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

/* Where innermost's caller is in a walk that began further in. */
static size_t index_of(const struct scene *s, uint64_t address)
{
	for (size_t i = 0; i < s->out.frames_count; i++)
		if (s->frames[i] == address)
			return i;
	return s->out.frames_count;
}

/* The kernel's is in the vdso; under qemu-user it is in no image at all. */
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
	s = new_scene();
	install_handler(0);
	signal_stack_end = stack_end();
	for (int from_context = 0; from_context < 2; from_context++) {
		signal_from_context = from_context;
		outer(s, raise_signal);
		expect_callers(s, index_of(s, s->expected[0]));
		expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	}
	free(s);
}

#if defined(__x86_64__)
static void the_return_from_a_handler_unwinds(void **state)
{
	struct sigaction action = {.sa_sigaction = walk_in_sigreturn,
				   .sa_flags = SA_SIGINFO};
	struct scene *s = new_scene();

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	outer(s, raise_signal);
	expect_callers(s, index_of(s, s->expected[0]));
	expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	free(s);
}
#endif

/* The walk sees one stack: it ends, truly, with the interrupted function. */
static void a_handler_on_its_own_stack_is_truncated(void **state)
{
	enum { SIZE = 1 << 16 };
	const stack_t none = {.ss_flags = SS_DISABLE};
	stack_t other = {.ss_size = SIZE};
	struct scene *s;

	(void)state;
	skip_where_handlers_return_to_nowhere();
	s = new_scene();
	other.ss_sp = malloc(SIZE);
	assert_int_equal(sigaltstack(&other, NULL), 0);
	install_handler(SA_ONSTACK);
	signal_from_context = false;
	signal_stack_end = (uintptr_t)other.ss_sp + SIZE;
	outer(s, raise_signal);
	assert_true(s->out.frames_count >= 3);
	assert_int_equal(index_of(s, s->expected[0]), s->out.frames_count);
	expect_end(s, CLINIC_UNWIND_TRUNCATED, CLINIC_END_ALTERNATE_STACK);
	assert_int_equal(sigaltstack(&none, NULL), 0);
	free(other.ss_sp);
	free(s);
}

static void *walk_in_thread(void *context)
{
	struct scene *s = context;

	for (int i = 0; i < 100; i++)
		outer(s, walk);
	return NULL;
}

static void threads_share_a_space(void **state)
{
	enum { THREADS = 4 };
	struct scene *scenes[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		scenes[i] = new_scene();
		assert_int_equal(pthread_create(&threads[i], NULL,
						walk_in_thread, scenes[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		expect_callers(scenes[i], 1);
		expect_end(scenes[i], CLINIC_UNWIND_COMPLETE,
			   CLINIC_END_OUTERMOST);
		free(scenes[i]);
	}
}

/* Sanitizers have an allocator, and run code of their own on new stacks. */
static void skip_in_sanitizers(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	print_message("# not with a sanitizer's allocator and stacks\n");
	skip();
#endif
}

static void walk_counting_memory(struct scene *s)
{
	struct mallinfo2 before = mallinfo2(), after;

	walk(s);
	after = mallinfo2();
	assert_int_equal(after.uordblks, before.uordblks);
	assert_int_equal(after.fordblks, before.fordblks);
}

static void walks_allocate_nothing(void **state)
{
	struct scene *s;

	(void)state;
	skip_in_sanitizers();
	s = new_scene();
	outer(s, walk_counting_memory);
	expect_callers(s, 1);
	free(s);
}

static struct scene *context_scene;
static ucontext_t context_here, context_there;

static void context_main(void)
{
	outer(context_scene, walk);
	swapcontext(&context_there, &context_here);
}

static void contexts_end_where_they_were_made(void **state)
{
	enum { SIZE = 1 << 17 };
	struct scene *s;
	void *stack;

	(void)state;
	skip_in_sanitizers();
	s = context_scene = new_scene();
	stack = malloc(SIZE);
	assert_int_equal(getcontext(&context_there), 0);
	context_there.uc_stack.ss_sp = stack;
	context_there.uc_stack.ss_size = SIZE;
	context_there.uc_link = NULL;
	makecontext(&context_there, context_main, 0);
	/* The end that see_stack takes is of another, higher stack. */
	assert_int_equal(swapcontext(&context_here, &context_there), 0);
	expect_callers(s, 1);
#if defined(__x86_64__) /* elsewhere the C library does not say so */
	expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
#endif
	free(stack);
	free(s);
}

#if defined(__x86_64__)
/* As musl has it: nothing says that handlers return through this. */
__asm__(".text\n\t"
	".skip 16, 0x90\n"
	"unwind_test_return_from_signal:\n\t"
	"mov $15, %rax\n\t" /* rt_sigreturn */
	"syscall\n\t"
	".skip 16, 0x90\n");
void unwind_test_return_from_signal(void);

/* What the kernel takes, of which sigaction() has a version of its own. */
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
		.restorer = unwind_test_return_from_signal,
	};
	uint64_t restorer = (uintptr_t)unwind_test_return_from_signal;
	struct scene *s;

	(void)state;
	skip_in_sanitizers();
	s = new_scene();
	assert_int_equal(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL,
				 sizeof(action.mask)),
			 0);
	signal_from_context = false;
	signal_stack_end = stack_end();
	outer(s, raise_signal);
	assert_int_equal(index_of(s, restorer), 1);
	expect_callers(s, index_of(s, s->expected[0]));
	expect_end(s, CLINIC_UNWIND_COMPLETE, CLINIC_END_OUTERMOST);
	free(s);
}

/* push %rbp; mov %rsp, %rbp; call *%rsi; pop %rbp; ret */
static const uint8_t generated[] = {0x55, 0x48, 0x89, 0xe5,
				    0xff, 0xd6, 0x5d, 0xc3};

static void outer_and_walk(struct scene *s)
{
	outer(s, walk);
	STAY();
}

/* Code without a table, which keeps a frame pointer. */
static void generated_code_is_a_guess(void **state)
{
	struct scene *s = new_scene();
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct clinic_mapping mapping = {
		.start = (uintptr_t)code, .size_bytes = 4096, .path = "//anon"};
	void (*call)(struct scene *, void (*)(struct scene *));

	(void)state;
	assert_ptr_not_equal(code, MAP_FAILED);
	memcpy(code, generated, sizeof(generated));
	memcpy(&call, &code, sizeof(call));
	assert_int_equal(clinic_space_map(space, &mapping), 0);
	call(s, outer_and_walk);
	expect_callers(s, 1);
	assert_int_equal(s->frames[4], mapping.start + 5);
	expect_end(s, CLINIC_UNWIND_GUESSED, CLINIC_END_OUTERMOST);
	assert_int_equal(munmap(code, 4096), 0);
	free(s);
}

static void perf_registers_are_renumbered(void **state)
{
	/* ax bx cx dx si di bp sp ip r8 ... r15, as the kernel lists them. */
	static const uint64_t values[] = {1,  2,  3,  4,  5,  6,  7,  8, 9,
					  10, 11, 12, 13, 14, 15, 16, 17};
	static const uint8_t order[] = {0, 3, 2,  1,  4,  5,  6,  7, 16,
					8, 9, 10, 11, 12, 13, 14, 15};
	struct clinic_registers r;

	(void)state;
	assert_int_equal(clinic_registers_from_perf(
				 &r, 2, CLINIC_PERF_REGISTERS, values),
			 0);
	assert_int_equal(r.known, (1 << CLINIC_REGISTERS) - 1);
	for (size_t i = 0; i < sizeof(order); i++)
		assert_int_equal(r.value[order[i]], values[i]);
	assert_int_equal(clinic_registers_from_perf(&r, 1, 0, values),
			 -ENOTSUP);
	assert_int_equal(clinic_registers_from_perf(&r, 2, 0x180, values), 0);
	assert_int_equal(r.value[CLINIC_REGISTER_SP], 1);
	assert_int_equal(r.value[CLINIC_REGISTER_PC], 2);
	assert_false(clinic_registers_know(&r, CLINIC_REGISTER_FP));
}
#endif

static int make_space(void **state)
{
	(void)state;
	if (clinic_modules_new(&modules) < 0 ||
	    clinic_space_new(modules, getpid(), &mapped_space) < 0 ||
	    clinic_space_read_maps(mapped_space) < 0)
		return -1;
	return clinic_space_read_self(modules, &space);
}

static int free_space(void **state)
{
	(void)state;
	clinic_space_free(space);
	clinic_space_free(mapped_space);
	clinic_modules_free(modules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_are_found_to_the_outermost),
		cmocka_unit_test(a_second_walk_hits_the_cache),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(a_short_copy_gives_the_inner_frames),
		cmocka_unit_test(walks_tell_how_much_they_read),
		cmocka_unit_test(deep_recursion_is_complete),
		cmocka_unit_test(a_chain_is_proven_by_tables),
		cmocka_unit_test(a_chain_continues_where_the_copy_ends),
		cmocka_unit_test(a_chain_that_leaves_code_ends_there),
		cmocka_unit_test(a_chain_of_another_moment_is_not_used),
		cmocka_unit_test(handlers_unwind_into_what_they_interrupted),
		cmocka_unit_test(a_handler_on_its_own_stack_is_truncated),
		cmocka_unit_test(threads_share_a_space),
		cmocka_unit_test(walks_allocate_nothing),
		cmocka_unit_test(contexts_end_where_they_were_made),
#if defined(__x86_64__)
		cmocka_unit_test(the_return_from_a_handler_unwinds),
		cmocka_unit_test(handlers_of_other_libraries_unwind),
		cmocka_unit_test(generated_code_is_a_guess),
		cmocka_unit_test(perf_registers_are_renumbered),
#endif
	};

	return cmocka_run_group_tests(tests, make_space, free_space);
}
