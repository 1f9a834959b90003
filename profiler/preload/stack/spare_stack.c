/* Maps a few stacks, and calls functions on them. */
#include "preload/stack/spare_stack.h"
#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define SPARES      8u
#define SPARE_BYTES ((size_t)256 << 10)
#define GUARD_BYTES ((size_t)4 << 10)

struct spare {
	_Atomic bool is_taken;
	char *memory; /* NULL: not mapped yet. Only the thread that has taken
			 this stack changes it. */
};

static struct spare spares[SPARES];

/*
 * The pages use memory only after they have been written to. The lowest page is
 * a guard, which cannot be written to.
 */
static bool map_spare(struct spare *spare)
{
	long at = (long)mmap(NULL, SPARE_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0);

	if (at == (long)MAP_FAILED)
		return false;
	(void)raw_call(SYS_mprotect, at, GUARD_BYTES, PROT_NONE, 0);
	spare->memory = (char *)at;
	return true;
}

static struct spare *take_spare(void)
{
	for (size_t i = 0; i < SPARES; i++) {
		struct spare *spare = &spares[i];

		if (atomic_exchange_explicit(&spare->is_taken, true,
					     memory_order_acquire))
			continue;
		if (spare->memory || map_spare(spare))
			return spare;
		atomic_store(&spare->is_taken, false);
		return NULL;
	}
	return NULL;
}

#define MASK_BYTES     sizeof(uint64_t)
#define SIGNAL_BIT(at) (UINT64_C(1) << ((at)-1))
/*
 * The C library uses these signals itself, and waits until each thread has
 * handled its signal.
 */
#define LIBRARY_SIGNALS (SIGNAL_BIT(32) | SIGNAL_BIT(33))
/*
 * An instruction raises these signals: if they were blocked, the kernel would
 * end the process.
 */
#define FAULTS                                                                 \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |       \
	 SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGTRAP))

static uint64_t hold_signals(void)
{
	uint64_t held = ~(LIBRARY_SIGNALS | FAULTS), before = 0;

	(void)raw_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&held,
		       (long)&before, MASK_BYTES);
	return before;
}

static void release_signals(uint64_t before)
{
	(void)raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
		       MASK_BYTES);
}

/* Calls work(argument) on the stack that ends at `top`. */
__attribute__((visibility("hidden"))) void
spare_stack_switch(void (*work)(void *), void *argument, void *top);

/* The frame pointer keeps the old stack pointer, for unwinders too. */
#if defined(__x86_64__)
__asm__(".text\n"
	".globl spare_stack_switch\n"
	".hidden spare_stack_switch\n"
	".type spare_stack_switch, @function\n"
	"spare_stack_switch:\n"
	".cfi_startproc\n"
	"	pushq	%rbp\n"
	".cfi_def_cfa_offset 16\n"
	".cfi_offset %rbp, -16\n"
	"	movq	%rsp, %rbp\n"
	".cfi_def_cfa_register %rbp\n"
	"	movq	%rdx, %rsp\n"
	"	movq	%rdi, %rax\n"
	"	movq	%rsi, %rdi\n"
	"	call	*%rax\n"
	"	leave\n"
	".cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	".cfi_endproc\n"
	".size spare_stack_switch, .-spare_stack_switch\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl spare_stack_switch\n"
	".hidden spare_stack_switch\n"
	".type spare_stack_switch, %function\n"
	"spare_stack_switch:\n"
	".cfi_startproc\n"
	"	stp	x29, x30, [sp, #-16]!\n"
	".cfi_def_cfa_offset 16\n"
	".cfi_offset x29, -16\n"
	".cfi_offset x30, -8\n"
	"	mov	x29, sp\n"
	".cfi_def_cfa_register x29\n"
	"	mov	sp, x2\n"
	"	mov	x9, x0\n"
	"	mov	x0, x1\n"
	"	blr	x9\n"
	"	mov	sp, x29\n"
	".cfi_def_cfa_register sp\n"
	"	ldp	x29, x30, [sp], #16\n"
	".cfi_def_cfa_offset 0\n"
	"	ret\n"
	".cfi_endproc\n"
	".size spare_stack_switch, .-spare_stack_switch\n");
#endif

void spare_stack_call(void (*work)(void *), void *argument)
{
	struct spare *spare = NULL;
	uint64_t before;

	if (confinement.is_filtered) {
		work(argument);
		return;
	}
	before = hold_signals();
	spare = take_spare();
	if (spare) {
		spare_stack_switch(work, argument, spare->memory + SPARE_BYTES);
		atomic_store_explicit(&spare->is_taken, false,
				      memory_order_release);
	} else {
		work(argument);
	}
	release_signals(before);
}

void spare_stack_restart(void)
{
	for (size_t i = 0; i < SPARES; i++)
		atomic_store(&spares[i].is_taken, false);
}
