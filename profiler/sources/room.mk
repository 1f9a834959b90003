#: DRAIN_THREADS the threads of the program that bench-drain observes (64)
#: DRAIN_SITES the call sites of this program, an eighth of them in each thread (100000)
#: DRAIN_BUSY the call sites that each of its threads uses between two readings (20)
#: DRAINS the number of readings that bench-drain measures (50)
DRAIN_THREADS ?= 64
DRAIN_SITES ?= 100000
DRAIN_BUSY ?= 20
DRAINS ?= 50
PHONY += bench-drain
$(O)/bench/bench_drain: profiler/sources/bench/bench_drain.c \
		$(O)/lib/libclinic.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $^ -o $@ $(LIBRARIES)

## bench-drain: measure how long it takes to read the allocation counters of a running program
bench-drain: $(O)/bench/bench_drain $(O)/victims/alloc_sites \
		$(O)/lib/libclinic-preload.so
	$(Q)$< $(O)/lib/libclinic-preload.so $(DRAINS) \
	  $(O)/victims/alloc_sites $(DRAIN_THREADS) $(DRAIN_SITES) \
	  $(DRAIN_BUSY)
