/*
 * unwind/registers.h - the registers of a thread at one moment, by DWARF
 * number.
 *
 *	clinic_registers_from_perf(&registers, abi, mask, values);
 *	clinic_registers_from_context(&registers, ucontext);   in a handler
 *	clinic_registers_here(&registers);                     of the caller
 *
 * A walk needs the instruction pointer, the stack pointer and the frame
 * pointer. A few functions keep the address of their frame in another register
 * (rbx in the dynamic linker's lazy binding, r10 where a function realigns its
 * stack), so callers should set all registers.
 *
 * Signals    all functions may be called in a signal handler.
 * Read next  unwind/unwind.h.
 */
#ifndef CLINIC_UNWIND_REGISTERS_H
#define CLINIC_UNWIND_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

/* DWARF's numbers: the x86-64 and the AArch64 ABI supplements. */
#if defined(__x86_64__)
enum {
	CLINIC_REGISTER_SPARE = 3, /* rbx: followed beside sp and fp */
	CLINIC_REGISTER_FP = 6,
	CLINIC_REGISTER_SP = 7,
	CLINIC_REGISTER_PC = 16,
	CLINIC_REGISTER_RETURN = 16, /* the column of the return address */
	CLINIC_REGISTERS = 17
};
/* attr.sample_regs_user: ax bx cx dx si di bp sp ip, r8 to r15. */
#define CLINIC_PERF_REGISTERS 0xff01ffULL
/*
 * The offset of gregs[0] from the stack pointer in the code to which a handler
 * returns.
 */
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
/*
 * The offset of regs[0] from the stack pointer in the code to which a handler
 * returns.
 */
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
 * Converts PERF_SAMPLE_REGS_USER: abi as in the sample, values[] one for each
 * bit of mask. For a 32-bit program, only its position and its stack pointer
 * are known. -ENOTSUP: there are no user registers.
 */
int clinic_registers_from_perf(struct clinic_registers *registers, uint64_t abi,
			       uint64_t mask, const uint64_t *values);

/* Converts the third argument of an SA_SIGINFO handler. */
void clinic_registers_from_context(struct clinic_registers *registers,
				   const void *ucontext);

/*
 * Converts the words that the kernel saves below the frame of a signal handler.
 */
void clinic_registers_from_signal(struct clinic_registers *registers,
				  const uint64_t words[CLINIC_REGISTERS]);

/*
 * Reads the registers of the calling function, which becomes the innermost
 * frame of the walk. This is always inlined, so that it has no frame of its
 * own.
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
