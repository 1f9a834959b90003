/* Interposes the calls by which a program confines itself. */
#include "preload/confinement.h"
#include <dlfcn.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define EXPORT __attribute__((visibility("default")))

struct confinement confinement;
static void (*prepare)(enum confinement_kind kind);
static int (*real_prctl)(int, ...);

/*
 * The C library's own syscall(), which handles every call but prctl and
 * seccomp.
 */
__attribute__((visibility("hidden"))) long (*confinement_real_syscall)(long,
								       ...);

__attribute__((constructor)) static void find_all(void)
{
	if (confinement_real_syscall)
		return;
	*(void **)(void *)&real_prctl = dlsym(RTLD_NEXT, "prctl");
	*(void **)(void *)&confinement_real_syscall =
		dlsym(RTLD_NEXT, "syscall");
}

/*
 * We prepare before the kernel grants or refuses the request: afterwards it is
 * too late.
 */
static void confine(enum confinement_kind kind)
{
	if (prepare)
		prepare(kind);
	if (kind == CONFINED_WITHOUT_CLOCK)
		confinement.is_clockless = true;
	confinement.is_filtered = true;
}

static void look_at_prctl(long option, long value)
{
	if (option == PR_SET_SECCOMP)
		confine(value == SECCOMP_MODE_STRICT ? CONFINED_WITHOUT_CLOCK
						     : CONFINED_BY_FILTER);
	if (option == PR_SET_TSC && value == PR_TSC_SIGSEGV)
		confine(CONFINED_WITHOUT_CLOCK);
}

static void look_at_seccomp(long operation)
{
	if (operation == SECCOMP_SET_MODE_STRICT)
		confine(CONFINED_WITHOUT_CLOCK);
	if (operation == SECCOMP_SET_MODE_FILTER)
		confine(CONFINED_BY_FILTER);
}

void confinement_open(void (*in_time)(enum confinement_kind kind))
{
	prepare = in_time;
}

EXPORT int prctl(int option, ...)
{
	unsigned long values[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		values[i] = va_arg(list, unsigned long);
	va_end(list);
	find_all();
	look_at_prctl(option, (long)values[0]);
	return real_prctl(option, values[0], values[1], values[2], values[3]);
}

#if defined(__x86_64__)
void confinement_before_syscall(long number, long first, long second);

/*
 * The assembly of syscall() below calls this before the two system calls that
 * may confine the program.
 */
__attribute__((visibility("hidden"), used)) void
confinement_before_syscall(long number, long first, long second)
{
	find_all();
	if (number == SYS_prctl)
		look_at_prctl(first, second);
	if (number == SYS_seccomp)
		look_at_seccomp(first);
}

/*
 * All other calls must work as if this did not exist: registers and stack are
 * the caller's, which may be a child on another stack.
 */
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"	cmpq	$157, %rdi\n" /* prctl */
	"	je	1f\n"
	"	cmpq	$317, %rdi\n" /* seccomp */
	"	je	1f\n"
	"	movq	confinement_real_syscall(%rip), %rax\n"
	"	testq	%rax, %rax\n"
	"	je	1f\n"
	"	jmp	*%rax\n"
	"1:	pushq	%rdi\n"
	".cfi_adjust_cfa_offset 8\n"
	"	pushq	%rsi\n"
	".cfi_adjust_cfa_offset 8\n"
	"	pushq	%rdx\n"
	".cfi_adjust_cfa_offset 8\n"
	"	pushq	%rcx\n"
	".cfi_adjust_cfa_offset 8\n"
	"	pushq	%r8\n"
	".cfi_adjust_cfa_offset 8\n"
	"	pushq	%r9\n"
	".cfi_adjust_cfa_offset 8\n"
	"	subq	$8, %rsp\n"
	".cfi_adjust_cfa_offset 8\n"
	"	call	confinement_before_syscall\n"
	"	addq	$8, %rsp\n"
	".cfi_adjust_cfa_offset -8\n"
	"	popq	%r9\n"
	".cfi_adjust_cfa_offset -8\n"
	"	popq	%r8\n"
	".cfi_adjust_cfa_offset -8\n"
	"	popq	%rcx\n"
	".cfi_adjust_cfa_offset -8\n"
	"	popq	%rdx\n"
	".cfi_adjust_cfa_offset -8\n"
	"	popq	%rsi\n"
	".cfi_adjust_cfa_offset -8\n"
	"	popq	%rdi\n"
	".cfi_adjust_cfa_offset -8\n"
	"	jmp	*confinement_real_syscall(%rip)\n"
	".cfi_endproc\n"
	".size syscall, .-syscall\n");
#endif
