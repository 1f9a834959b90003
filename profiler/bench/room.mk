# This victim is a workload, so its main() is that of the harness.
$(O)/victims/bench_subject: $(O)/lib/libclinic-bench.a
$(O)/victims/bench_subject: VICTIM_LIBS = $(O)/lib/libclinic-bench.a -ljansson

# `lab` links several variants of a workload with this object, to time them in
# one process. It is not in the archive, because it has a main() of its own.
$(O)/lib/clinic-pairs.o: $(O)/obj/profiler/bench/pairs/pairs_main.o
	@mkdir -p $(@D)
	$(Q)cp $< $@
instruments: $(O)/lib/clinic-pairs.o
