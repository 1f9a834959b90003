#!/bin/sh
# Plants numbers that are as wide as the machine's long, numbers whose bytes are in the machine's order, and an unwinder that is wrong only on aarch64.
. hardening/gates/planted.sh
written='^void clinic_out_u64(struct clinic_out \*out, uint64_t value)$'

# only MACHINE: leaves only this machine and x86-64, with which it is compared; the other machines would prove nothing more here.
only() {
	restore hardening/gates/04-cross-matrix profiler
	sed -i -E "/^    \"(x86-64|$1)\": /!{/^    \"[a-z0-9-]+\": \(/d}" hardening/gates/04-cross-matrix
}

only i686
sed -i "/$written/{n;s/{/{\n\tvalue = (unsigned long)value;\n/}" profiler/foundation/output_file.c
must_be_red "numbers as wide as the machine's long" "other answers than x86-64: i686"
only s390x
sed -i "/$written/{n;s/{/{\n\tuint32_t first;\n\n\tmemcpy(\&first, \&value, sizeof(first));\n\tvalue = first;\n/}" profiler/foundation/output_file.c
must_be_red "numbers whose bytes are in the machine's order" "other answers than x86-64: s390x"
only aarch64
sed -i '/^#elif defined(__aarch64__)/,/^#e/s/CLINIC_REGISTER_FP = 29/CLINIC_REGISTER_FP = 28/' profiler/unwind/registers.h
must_be_red "an unwinder that is wrong only on aarch64" "aarch64: "
all_red
