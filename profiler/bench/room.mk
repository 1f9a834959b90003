# The harness's own victim is a patient: it gets its main() from the harness.
$(O)/victims/bench_subject: $(O)/lib/libclinic-bench.a
$(O)/victims/bench_subject: VICTIM_LIBS = $(O)/lib/libclinic-bench.a -ljansson
