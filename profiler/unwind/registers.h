/*
 * unwind/registers.h - a thread's registers at one moment, by DWARF number.
 *
 *	clinic_registers_from_perf(&registers, abi, mask, values);
 *	clinic_registers_from_context(&registers, ucontext);   in a handler
 *	clinic_registers_here(&registers);                     right here
 *
 * The instruction pointer, the stack pointer and the frame pointer must be
 * known for a walk to start. The others are needed by the few functions that
 * keep their frame's address in another register (rbx in the dynamic
 * linker's lazy binding, r10 where a function realigns its stack): pass all.
 *
 * Signals    all of it may be called in a signal handler.
 * Read next  unwind/unwind.h.
 */
#ifndef CLINIC_UNWIND_REGISTERS_H
#define CLINIC_UNWIND_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

/* DWARF's numbers: the x86-64 and the AArch64 ABI supplements. */
#if defined(__x86_64__)
enum {
	CLINIC_REGISTER_SPARE = 3, /* rbx: tracked beside sp and fp */
	CLINIC_REGISTER_FP = 6,
	CLINIC_REGISTER_SP = 7,
	CLINIC_REGISTER_PC = 16,
	CLINIC_REGISTER_RETURN = 16, /* the column of the return address */
	CLINIC_REGISTERS = 17
};
/* attr.sample_regs_user: ax bx cx dx si di bp sp ip, r8 to r15. */
#define CLINIC_PERF_REGISTERS 0xff01ffULL
/* From the stack pointer in the signal's return code to gregs[0]. */
#define CLINIC_SIGNAL_REGISTERS_OFFSET 40
#elif defined(__aarch64__)
enum {
	CLINIC_REGISTER_SPARE = 19,
	CLINIC_REGISTER_FP = 29,
	CLINIC_REGISTER_RETURN = 30,
	CLINIC_REGISTER_SP = 31,
	CLINIC_REGISTER_PC = 32,
	CLINIC_REGISTERS = 33
};
/* attr.sample_regs_user: x0 to x30, sp, pc. */
#define CLINIC_PERF_REGISTERS          0x1ffffffffULL
/* From the stack pointer in the signal's return code to regs[0]. */
#define CLINIC_SIGNAL_REGISTERS_OFFSET 312
#else
#error "no unwinder for this machine"
#endif

struct clinic_registers {
	uint64_t known; /* bit n: value[n] is known */
	uint64_t value[CLINIC_REGISTERS];
};

static inline bool clinic_registers_know(const struct clinic_registers *r,
					 unsigned int number)
{
	return number < CLINIC_REGISTERS && (r->known >> number & 1);
}

static inline void clinic_registers_set(struct clinic_registers *r,
					unsigned int number, uint64_t value)
{
	r->value[number] = value;
	r->known |= UINT64_C(1) << number;
}

/*
 * From PERF_SAMPLE_REGS_USER: abi as the sample has it, values[] one per bit
 * of mask. Of a 32-bit program only where it was, and its stack pointer.
 * -ENOTSUP: no user registers at all.
 */
int clinic_registers_from_perf(struct clinic_registers *registers, uint64_t abi,
			       uint64_t mask, const uint64_t *values);

/* From the third argument of an SA_SIGINFO handler. */
void clinic_registers_from_context(struct clinic_registers *registers,
				   const void *ucontext);

/* From the words that the kernel saves below a signal handler's frame. */
void clinic_registers_from_signal(struct clinic_registers *registers,
				  const uint64_t words[CLINIC_REGISTERS]);

/*
 * Reads the registers of the calling function, which becomes the innermost
 * frame of the walk. Always inlined, so that it has no frame of its own.
 */
__attribute__((always_inline)) static inline void
clinic_registers_here(struct clinic_registers *registers)
{
	uint64_t pc, sp, fp, spare;

#if defined(__x86_64__)
	__asm__ volatile("leaq 0(%%rip), %0\n\t"
			 "movq %%rsp, %1\n\t"
			 "movq %%rbp, %2\n\t"
			 "movq %%rbx, %3"
			 : "=&r"(pc), "=&r"(sp), "=&r"(fp), "=&r"(spare));
#else
	__asm__ volatile("adr %0, .\n\t"
			 "mov %1, sp\n\t"
			 "mov %2, x29\n\t"
			 "mov %3, x19"
			 : "=&r"(pc), "=&r"(sp), "=&r"(fp), "=&r"(spare));
#endif
	registers->known = 0;
	clinic_registers_set(registers, CLINIC_REGISTER_PC, pc);
	clinic_registers_set(registers, CLINIC_REGISTER_SP, sp);
	clinic_registers_set(registers, CLINIC_REGISTER_FP, fp);
	clinic_registers_set(registers, CLINIC_REGISTER_SPARE, spare);
}

#endif
