/*
 * clinic/black_box.h - barriers behind which the compiler knows nothing of a
 * value.
 *
 *	clinic_black_box_in(p)   the compiler must assume that what p points
 *	                         to has changed: it cannot fold inputs into
 *	                         constants.
 *	clinic_black_box_out(v)  the compiler must assume that v is used: it
 *	                         cannot delete the work that computed v.
 *
 * Both take no instruction. Each use leaves its address in the section
 * .clinic_black_box, which is not loaded at run time. By it, `lab` proves on
 * the linked binary that the timed code still has its barriers.
 *
 * Format     an entry: u64 address of the barrier, u64 kind (1 in, 2 out).
 * Read next  profiler/bench/black_box_test.py, which proves it on disassembly.
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
