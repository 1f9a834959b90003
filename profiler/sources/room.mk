#: DRAIN_THREADS threads of bench-drain's program (64)
#: DRAIN_SITES call sites of it, an eighth of them in each thread (100000)
#: DRAIN_BUSY call sites that each of them is at between two drains (20)
#: DRAINS how many are measured (50)
DRAIN_THREADS ?= 64
DRAIN_SITES ?= 100000
DRAIN_BUSY ?= 20
DRAINS ?= 50
PHONY += bench-drain
$(O)/bench/bench_drain: profiler/sources/bench/bench_drain.c \
		$(O)/lib/libclinic.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $^ -o $@ $(LIBRARIES)

## bench-drain: what it takes to ask for allocations while a program runs
bench-drain: $(O)/bench/bench_drain $(O)/victims/alloc_sites \
		$(O)/lib/libclinic-preload.so
	$(Q)$< $(O)/lib/libclinic-preload.so $(DRAINS) \
	  $(O)/victims/alloc_sites $(DRAIN_THREADS) $(DRAIN_SITES) \
	  $(DRAIN_BUSY)
