# Compiles the instruments: libclinic.a (model, names, formats), the `clinic`
# program, the harness that patients link, and the preload library.

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
# Whoever looks formats up by name or content: a linker takes from an archive
# only what is called, and nothing calls a format (formats/format.h).
FORMAT_OBJECTS := $(call objects,profiler/formats/*.c)
CLI_OBJECTS := $(call objects,profiler/cli/*.c)
# A patient reads its options and writes its files as `clinic` does.
BENCH_OBJECTS := $(call objects,profiler/bench/*.c \
	profiler/foundation/options.c profiler/foundation/output_place.c \
	profiler/foundation/stale_drafts.c)
PRELOAD_OBJECTS := $(call objects,profiler/preload/*.c \
	$(foreach trade,alloc lock timer stack,profiler/preload/$(trade)/*.c))
C_TESTS := $(patsubst %.c,$(O)/tests/%,$(notdir \
	$(wildcard profiler/*/*_test.c profiler/*/*/*_test.c \
	fixtures/*_test.c workloads/*/*_test.c)))
VICTIMS := $(patsubst %.c,$(O)/victims/%,$(notdir \
	$(wildcard profiler/*/victims/*.c)))
vpath %_test.c $(wildcard profiler/* profiler/preload/* fixtures workloads/*)
vpath %.c $(wildcard profiler/*/victims)

# Another compiler or other flags make other objects. Looked at while this is
# read, so that an unchanged file has no rule to run; `make -n` writes nothing.
COMPILED_WITH := $(CC) $(CPPFLAGS) $(CFLAGS)
ifeq ($(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
$(shell mkdir -p $(O) && printf '%s\n' '$(COMPILED_WITH)' >$(O)/.compiled_with && \
  { cmp -s $(O)/.compiled_with $(O)/compiled_with || cp $(O)/.compiled_with $(O)/compiled_with; })
endif
$(O)/compiled_with: ;

$(O)/obj/%.o: %.c $(O)/compiled_with | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# Loaded into other people's programs: its thread-locals must not allocate,
# and it exports only what it says.
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

# Known answers for the instruments. VICTIM_CFLAGS and VICTIM_LIBS are set
# per target where the known answer depends on how it was compiled.
$(O)/victims/%: %.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fno-omit-frame-pointer \
	  $(SAN_FLAGS) $(VICTIM_CFLAGS) -MMD -MP $< -o $@ -lpthread $(VICTIM_LIBS)

-include $(wildcard profiler/*/room.mk)

PHONY += instruments c-tests
instruments: $(if $(CLI_OBJECTS),$(O)/bin/clinic) $(O)/lib/libclinic-bench.a \
	$(if $(PRELOAD_OBJECTS),$(O)/lib/libclinic-preload.so)
c-tests: instruments $(C_TESTS) $(VICTIMS)

# What was compiled from a source that has moved since says nothing any more,
# and its old name must not be found: nobody has to clean after a pull.
-include $(shell find build -path build/releases -prune -o -name '*.d' -print0 \
	2>/dev/null | xargs -0r awk 'FNR == 1 {is_known = 0} \
	!is_known {for (i = 1; i <= NF; i++) if ($$i ~ /\.(c|cc|h)$$/) { \
	  is_known = 1; if ((getline line < $$i) >= 0) print FILENAME; \
	  close($$i); break}}')
