# The parts that need nothing but a C library, compiled for another machine (or under a sanitizer whose libraries would all have
# to be its own): `make machine MACHINE=s390x` builds their unit tests, the replays of their fuzzers' corpora and
# portable_answers in build/machines/s390x. cmocka.h and zlib.h stand in for what Debian has on its own machine alone.

MACHINE := x86-64
# Of the same processor, which these two compilers do not look for.
KERNEL_HEADERS = -idirafter /usr/include -idirafter /usr/include/$(shell gcc -dumpmachine)
MACHINE_CC_x86-64 := gcc
MACHINE_CC_i686 := gcc -m32 $(KERNEL_HEADERS)
MACHINE_CC_aarch64 := aarch64-linux-gnu-gcc
MACHINE_CC_armhf := arm-linux-gnueabihf-gcc
MACHINE_CC_riscv64 := riscv64-linux-gnu-gcc
MACHINE_CC_ppc64le := powerpc64le-linux-gnu-gcc
MACHINE_CC_s390x := s390x-linux-gnu-gcc
MACHINE_CC_musl := musl-gcc $(KERNEL_HEADERS)
MACHINE_CC_memory := clang -fsanitize=memory -fsanitize-memory-track-origins

MACHINE_O := build/machines/$(MACHINE)
# The unwinder knows the registers of two machines, and its tests walk through shared libraries. Other programs are whole,
# but for a sanitizer: qemu-user, told where foreign libraries are, looks for all other files there, too.
UNWINDS := $(filter x86-64 aarch64 memory,$(MACHINE))
MACHINE_LINK = $(if $(filter memory,$(MACHINE)),,-static)
PORTABLE_ROOMS := foundation session formats $(if $(UNWINDS),unwind)
PORTABLE := $(filter-out %_test.c %_fuzz.c,$(foreach room,$(PORTABLE_ROOMS),$(wildcard profiler/$(room)/*.c)))
# jansson and libdw are oracles of these.
NOT_PORTABLE := profiler/session/session_json_test.c profiler/unwind/unwind_oracle_test.c profiler/unwind/unwind_table_test.c \
	profiler/unwind/address_space_test.c profiler/unwind/maps_lines_test.c
# In a whole program the allocations that it makes fail are those of the C library, too, which sorts without.
NOT_PORTABLE += $(if $(filter memory,$(MACHINE)),,profiler/session/session_memory_test.c)
# They walk their own stack, to which the processor writes return addresses without MemorySanitizer's knowledge.
NOT_PORTABLE += $(if $(filter memory,$(MACHINE)),$(addprefix profiler/unwind/unwind_,test.c chain_test.c signal_test.c))
PORTABLE_TESTS := $(filter-out $(NOT_PORTABLE),$(foreach room,$(PORTABLE_ROOMS),$(wildcard profiler/$(room)/*_test.c)))
PORTABLE_FUZZERS := $(foreach room,$(PORTABLE_ROOMS),$(wildcard profiler/$(room)/*_fuzz.c))
MACHINE_FLAGS := -Ihardening/machines $(CPPFLAGS) -std=gnu11 -O2 $(if $(filter memory,$(MACHINE)),-g) -fno-omit-frame-pointer -Wformat -Werror=format -MMD -MP
PORTABLE_OBJECTS := $(PORTABLE:%.c=$(MACHINE_O)/obj/%.o)
MACHINE_BUILDS = $(MACHINE_CC_$(MACHINE)) $(MACHINE_FLAGS)

$(MACHINE_O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(MACHINE_BUILDS) $(STRICT) -Wno-missing-prototypes -Werror -c $< -o $@

$(MACHINE_O)/tests/%_test: %_test.c $(PORTABLE_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_BUILDS) $(TEST_CFLAGS) $< $(PORTABLE_OBJECTS) $(MACHINE_LINK) -o $@ -lm -lpthread
$(patsubst profiler/unwind/%.c,$(MACHINE_O)/tests/%,$(wildcard profiler/unwind/*_test.c)): MACHINE_LINK =
$(MACHINE_O)/tests/session_memory_test: TEST_CFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup

# Headers are no input: an earlier build's .d files made them prerequisites.
$(MACHINE_O)/fuzz/%_replay: %_fuzz.c hardening/fuzz/fuzz_replay.c $(PORTABLE_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_BUILDS) $(filter %.c %.o,$^) $(MACHINE_LINK) -o $@ -lm -lpthread

$(MACHINE_O)/portable_answers: hardening/machines/portable_answers.c $(PORTABLE_OBJECTS)
	$(Q)$(MACHINE_BUILDS) $(filter %.c %.o,$^) $(MACHINE_LINK) -o $@ -lm -lpthread

#: MACHINE the machine or C library for machine: x86-64, i686, aarch64, armhf, riscv64, ppc64le, s390x, musl; memory: MemorySanitizer on this machine
## machine: build the tests of the portable parts for another MACHINE, in build/machines/MACHINE
machine: $(MACHINE_O)/portable_answers $(patsubst %.c,$(MACHINE_O)/tests/%,$(notdir $(PORTABLE_TESTS))) \
	$(patsubst %_fuzz.c,$(MACHINE_O)/fuzz/%_replay,$(notdir $(PORTABLE_FUZZERS)))

PHONY += machine
