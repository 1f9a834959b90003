# The timer sampler records registers by the unwinder's numbers.
$(O)/lib/libclinic-preload.so: $(O)/obj/preload/profiler/unwind/registers.o
$(O)/obj/preload/%.o: CFLAGS += -fPIC -ftls-model=initial-exec \
	-fvisibility=hidden
$(O)/obj/preload/%.o: %.c $(O)/compiled_with | setup
	@mkdir -p $(@D)
	$(Q)$(compile)

# The flags of these victims determine what the sampler must find.
HIDDEN = -O2 -fomit-frame-pointer
$(O)/victims/hidden_frames: VICTIM_CFLAGS = $(HIDDEN)
$(O)/victims/plugin_host: VICTIM_LIBS = -ldl
$(O)/victims/plugin_host: $(O)/victims/plugin_host.so
$(O)/victims/loaded_by_child: VICTIM_LIBS = -ldl
# Their functions must stay in the order of the source.
$(O)/victims/moved_text $(O)/victims/split_text: VICTIM_CFLAGS = -fno-toplevel-reorder \
	-fno-optimize-sibling-calls
$(O)/victims/plugin_host.so: profiler/collect/victims/plugin_host.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fPIC -shared -DPLUGIN $< -o $@
VICTIMS += $(O)/victims/hidden_frames_stripped
$(O)/victims/hidden_frames_stripped: profiler/collect/victims/hidden_frames.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 $(HIDDEN) -s $< -o $@

#: SHORT_ROUNDS rounds of short runs in bench-instruments-cpu (10)
#: LONG_ROUNDS rounds of long runs in bench-instruments-cpu (3)
#: LONG_S seconds of CPU time of each long run in bench-instruments-cpu (20)
SHORT_ROUNDS ?= 10
LONG_ROUNDS ?= 3
LONG_S ?= 20
PHONY += bench-instruments-cpu
## bench-instruments-cpu: measure the sampler beside perf: CPU time, waiting time, files
bench-instruments-cpu: instruments $(O)/victims/taken_time
	$(Q)PYTHONPATH=profiler $(PYTHON) profiler/collect/bench_cpu.py \
	  --rounds $(SHORT_ROUNDS) --long-rounds $(LONG_ROUNDS) \
	  --long-seconds $(LONG_S)
bench-instruments: bench-instruments-cpu

#: BEFORE a checkout of an earlier commit in which make build was run, for bench-before
PHONY += bench-before
## bench-before: measure what the instruments cost, beside those of the checkout BEFORE, in turns
bench-before: instruments $(O)/victims/alloc_churn $(O)/victims/lock_pairs
	$(Q)PYTHONPATH=profiler:profiler/preload/alloc:profiler/collect \
	  $(PYTHON) profiler/bench_before.py $(call quoted,$(BEFORE)) --rounds $(ROUNDS)
# Its labels are exported, so that a stripped copy still has them.
$(O)/victims/assembly_labels: VICTIM_CFLAGS = -rdynamic
