# A fuzzer is profiler/ROOM/NAME_fuzz.c with LLVMFuzzerTestOneInput(). Its first
# inputs, and every input that once broke something, are files in
# hardening/fuzz/corpus/NAME. `make test` replays them in each build mode.

FUZZ_SOURCES := $(wildcard profiler/*/*_fuzz.c)
FUZZERS := $(patsubst %_fuzz.c,%,$(notdir $(FUZZ_SOURCES)))
FUZZ_REPLAYS := $(FUZZERS:%=$(O)/fuzz/%_replay)
vpath %_fuzz.c $(wildcard profiler/*)

# The sources are compiled with the fuzzer's flags instead of linking the library,
# because libFuzzer must see which branches are taken.
FUZZED := $(filter-out %_test.c %_fuzz.c,$(foreach room,foundation session unwind \
	symbols formats sources shared_memory,$(wildcard profiler/$(room)/*.c)))
FUZZ_FLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_OBJECTS := $(FUZZED:%.c=build/fuzz/obj/%.o)
# The most memory that an input may cause to be allocated, and the most time.
FUZZ_LIMITS := -rss_limit_mb=512 -malloc_limit_mb=128 -timeout=10

build/fuzz/obj/%.o: %.c hardening/fuzz/fuzz.mk | setup-test
	@mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

$(FUZZERS:%=build/fuzz/%): build/fuzz/%: %_fuzz.c $(FUZZ_OBJECTS)
	$(Q)clang $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer $< $(FUZZ_OBJECTS) -o $@ \
	  $(LIBRARIES)

$(FUZZ_REPLAYS): $(O)/fuzz/%_replay: %_fuzz.c hardening/fuzz/fuzz_replay.c \
		$(O)/lib/libclinic.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-missing-prototypes $^ -o $@ \
	  $(LIBRARIES)

c-tests: $(FUZZ_REPLAYS)

#: FUZZ_SECONDS the seconds that each fuzzer runs (60)
FUZZ_SECONDS ?= 60
PHONY += fuzz
## fuzz: search for hostile files that crash a reader, FUZZ_SECONDS for each reader
fuzz: $(FUZZERS:%=build/fuzz/%)
	$(Q)for name in $(FUZZERS); do \
	  mkdir -p build/fuzz/found/$$name hardening/fuzz/corpus/$$name && \
	  build/fuzz/$$name $(FUZZ_LIMITS) -max_total_time=$(FUZZ_SECONDS) \
	    -artifact_prefix=build/fuzz/$$name- build/fuzz/found/$$name \
	    hardening/fuzz/corpus/$$name || exit 1; done

#: FUZZ_RUNS how many inputs fuzz-count gives each reader, over several calls (10000000)
FUZZ_RUNS ?= 10000000
#: READERS the readers for fuzz-count (all)
READERS ?= $(FUZZERS)
PHONY += fuzz-count
## fuzz-count: search until each of READERS was given FUZZ_RUNS inputs, at most FUZZ_SECONDS a call; counts are in hardening/fuzz/executions.json
fuzz-count: $(READERS:%=build/fuzz/%)
	$(Q)$(PYTHON) -B hardening/fuzz/count_executions.py --runs $(FUZZ_RUNS) --seconds $(FUZZ_SECONDS) --limits='$(FUZZ_LIMITS)' $(READERS)
