# The harness's own victim is a patient: it gets its main() from the harness.
$(O)/victims/bench_subject: $(O)/lib/libclinic-bench.a
$(O)/victims/bench_subject: VICTIM_LIBS = $(O)/lib/libclinic-bench.a -ljansson

# Not in the archive, for it has a main() of its own: what `lab` links several
# variants of a patient with, to time them in one process.
$(O)/lib/clinic-pairs.o: $(O)/obj/profiler/bench/pairs/pairs_main.o
	@mkdir -p $(@D)
	$(Q)cp $< $@
instruments: $(O)/lib/clinic-pairs.o
