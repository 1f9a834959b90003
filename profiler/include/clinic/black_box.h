/*
 * clinic/black_box.h - values the compiler must take for used and unknown.
 *
 * clinic_black_box_in(p)  what p points to may have changed: inputs cannot
 *                         be folded into constants.
 * clinic_black_box_out(v) v is used: the work that made it cannot be
 *                         deleted.
 *
 * Both cost no instruction. Each use leaves its address in the section
 * .clinic_black_box (not loaded at run time), so that `lab` can prove on the
 * linked binary that the timed code still has its barriers.
 *
 * Format     one entry: u64 address of the barrier, u64 kind (1 in, 2 out).
 * Read next  profiler/bench/black_box_test.py, the proof on disassembly.
 */
#ifndef CLINIC_BLACK_BOX_H
#define CLINIC_BLACK_BOX_H

#define CLINIC_BLACK_BOX_MARK(kind)                                            \
	"661:\n\t.pushsection .clinic_black_box,\"\",@progbits\n\t"            \
	".quad 661b\n\t.quad " #kind "\n\t.popsection"

#define clinic_black_box_in(pointer)                                           \
	__asm__ volatile(CLINIC_BLACK_BOX_MARK(1) : : "r"(pointer) : "memory")

#define clinic_black_box_out(value)                                            \
	__asm__ volatile(CLINIC_BLACK_BOX_MARK(2) : : "r"(value) : "memory")

#endif
