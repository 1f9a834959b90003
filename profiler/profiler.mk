# Compiles the instruments: libclinic.a (model, names, formats), the `clinic`
# program, the harness of library workloads, and the preload library.

STRICT := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wformat=2 -Wundef -Wvla -Wnull-dereference -Wdouble-promotion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wcast-qual -Wwrite-strings -Wpointer-arith -Wimplicit-fallthrough \
	-Wredundant-decls
SAN_FLAGS_address := -fsanitize=address,undefined -fno-sanitize-recover=all
SAN_FLAGS_thread := -fsanitize=thread
SAN_FLAGS := $(SAN_FLAGS_$(SAN))

CFLAGS = -std=gnu11 -O2 -g -fno-omit-frame-pointer $(STRICT) $(SAN_FLAGS) $(PROFILE_FLAGS)
CPPFLAGS = -Iprofiler/include -Iprofiler -D_GNU_SOURCE
LIBRARIES = -ldw -lelf -ljansson -lz -llzma -liberty -lpthread

objects = $(patsubst %.c,$(O)/obj/%.o,$(filter-out %_test.c %_fuzz.c,\
	$(wildcard $1)))

CLINIC_OBJECTS := $(call objects,$(foreach room,foundation shared_memory \
	unwind symbols session formats sources collect,profiler/$(room)/*.c))
# Programs that use formats link these objects: a linker only takes from an
# archive what is called, and no code calls a format (formats/format.h).
FORMAT_OBJECTS := $(call objects,profiler/formats/*.c)
CLI_OBJECTS := $(call objects,profiler/cli/*.c)
# A workload reads its options and writes its files like `clinic`.
BENCH_OBJECTS := $(call objects,profiler/bench/*.c \
	profiler/foundation/options.c profiler/foundation/output_place.c \
	profiler/foundation/stale_drafts.c)
PRELOAD_OBJECTS := $(call objects,profiler/preload/*.c \
	$(foreach trade,alloc lock timer stack causal,profiler/preload/$(trade)/*.c))
C_TEST_SOURCES := $(wildcard profiler/*/*_test.c profiler/*/*/*_test.c \
	fixtures/*_test.c workloads/*/*_test.c)
# A program that starts no thread cannot have a race, so it is not built with
# ThreadSanitizer. The tests of a workload are linked with its sources.
ifeq ($(SAN),thread)
STARTS_THREADS := $(shell grep -lwE 'pthread_create|thrd_create' \
	$(C_TEST_SOURCES) workloads/*/*.c)
C_TEST_SOURCES := $(foreach test,$(C_TEST_SOURCES),$(if $(filter $(test) \
	$(if $(filter workloads/%,$(test)),$(dir $(test))%),$(STARTS_THREADS)),$(test)))
endif
C_TESTS := $(patsubst %.c,$(O)/tests/%,$(notdir $(C_TEST_SOURCES)))
VICTIMS := $(patsubst %.c,$(O)/victims/%,$(notdir \
	$(wildcard profiler/*/victims/*.c)))
vpath %_test.c $(wildcard profiler/* profiler/preload/* fixtures workloads/*)
vpath %.c $(wildcard profiler/*/victims)

# What the compiler says of an object is kept beside it, for check-warnings.
compile = $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@ 2>$(@:.o=.warnings); \
	  code=$$?; cat $(@:.o=.warnings) >&2; exit $$code

# Another compiler or other flags give other objects. This is compared while
# make reads this file, so that no rule runs if nothing has changed; `make -n`
# writes nothing.
COMPILED_WITH := $(CC) $(CPPFLAGS) $(CFLAGS) $(value compile)
ifeq ($(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
$(shell mkdir -p $(O) && printf '%s\n' '$(COMPILED_WITH)' >$(O)/.compiled_with && \
  { cmp -s $(O)/.compiled_with $(O)/compiled_with || cp $(O)/.compiled_with $(O)/compiled_with; })
endif
$(O)/compiled_with: ;

$(O)/obj/%.o: %.c $(O)/compiled_with | setup
	@mkdir -p $(@D)
	$(Q)$(compile)

# The library is loaded into other programs: its thread-local variables must not
# allocate memory, and it only exports what is marked so.
$(PRELOAD_OBJECTS): CFLAGS += -fPIC -ftls-model=initial-exec \
	-fvisibility=hidden

$(O)/lib/libclinic.a: $(CLINIC_OBJECTS)
$(O)/lib/libclinic-bench.a: $(BENCH_OBJECTS)
$(O)/lib/lib%.a:
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

$(O)/lib/libclinic-preload.so: $(PRELOAD_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-z,now,-z,defs $^ -o $@ -lpthread -ldl

$(O)/bin/clinic: $(CLI_OBJECTS) $(FORMAT_OBJECTS) $(O)/lib/libclinic.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES)

$(O)/tests/%_test: %_test.c $(O)/lib/libclinic.a $(O)/lib/libclinic-bench.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-missing-prototypes -MMD -MP \
	  $(TEST_CFLAGS) $< -o $@ $(O)/lib/libclinic-bench.a \
	  $(O)/lib/libclinic.a -lcmocka $(LIBRARIES) $(TEST_LIBS)

# Victims are programs with known answers, for the instruments. VICTIM_CFLAGS
# and VICTIM_LIBS are set for a victim whose answer depends on how it is
# compiled.
$(O)/victims/%: %.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fno-omit-frame-pointer \
	  $(SAN_FLAGS) $(VICTIM_CFLAGS) -MMD -MP $< -o $@ -lpthread $(VICTIM_LIBS)

-include $(wildcard profiler/*/room.mk)

PHONY += instruments c-tests
instruments: $(if $(CLI_OBJECTS),$(O)/bin/clinic) $(O)/lib/libclinic-bench.a \
	$(if $(PRELOAD_OBJECTS),$(O)/lib/libclinic-preload.so)
# Builds with a sanitizer are for the C tests alone, which run the victims and
# the library of the release build.
c-tests: $(C_TESTS) $(if $(SAN),,instruments $(VICTIMS))

# A .d file of a source that has moved since is left out, because the old name
# does not exist any more. So nobody has to clean the build after a pull.
-include $(shell find build -path build/releases -prune -o -name '*.d' -print0 \
	2>/dev/null | xargs -0r awk 'FNR == 1 {is_known = 0} \
	!is_known {for (i = 1; i <= NF; i++) if ($$i ~ /\.(c|cc|h)$$/) { \
	  is_known = 1; if ((getline line < $$i) >= 0) print FILENAME; \
	  close($$i); break}}')
