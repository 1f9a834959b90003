# The hooks define malloc and free, so the compiler must not apply to them what
# it knows of these functions.
$(O)/obj/profiler/preload/alloc/alloc_hooks.o: CFLAGS += -fno-builtin

# Our constructor runs before all others, so that what they allocate has a stack
# too. The flags are private, because they are for the linker, not for objects.
$(O)/lib/libclinic-preload.so: private CFLAGS += -Wl,-z,initfirst
# In a hook, the unwinder must not call the program's allocator: it has memory of
# its own (stack/table_memory.h).
$(O)/lib/libclinic-preload.so: private CFLAGS += \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free \
	-Wl,--wrap=strdup,--wrap=qsort

# The victims' counts are exact only if the compiler removes no call.
$(O)/victims/alloc_%: VICTIM_CFLAGS = -fno-builtin
$(O)/victims/alloc_static: VICTIM_CFLAGS = -static
# The two plugins have the same layout.
$(O)/victims/alloc_same_place: VICTIM_LIBS = -ldl
$(O)/victims/alloc_same_place: $(O)/victims/plugin_first.so \
	$(O)/victims/plugin_next_.so
$(O)/victims/plugin_%.so: profiler/preload/victims/alloc_same_place.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fPIC -shared \
	  -DPLUGIN=plugin_$* $< -o $@
$(O)/victims/alloc_loading: VICTIM_LIBS = -ldl
$(O)/victims/alloc_under_loader $(O)/victims/lock_own_malloc: \
	VICTIM_LIBS = -ldl
$(O)/victims/alloc_under_loader $(O)/victims/lock_own_malloc: \
	$(O)/victims/plugin_first.so
$(O)/victims/lock_own_malloc $(O)/victims/odd_lives: VICTIM_CFLAGS = -fno-builtin
$(O)/victims/budget_under_loader: VICTIM_CFLAGS = -fno-builtin
$(O)/victims/budget_under_loader: VICTIM_LIBS = -ldl
$(O)/victims/budget_under_loader: $(O)/victims/budget_under_loader.so
$(O)/victims/budget_under_loader.so: \
	profiler/preload/victims/budget_under_loader.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fPIC -shared \
	  -DUNDER_LOADER $(SAN_FLAGS) $< -o $@
$(O)/victims/alloc_plugin: $(O)/victims/alloc_plugin.so
$(O)/victims/alloc_plugin.so: profiler/preload/victims/alloc_plugin.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fno-builtin -fPIC -shared \
	  -DALLOC_PLUGIN $(SAN_FLAGS) $< -o $@
$(O)/victims/alloc_failing: $(O)/victims/alloc_failing.so
$(O)/victims/alloc_failing.so: profiler/preload/victims/alloc_failing.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fno-builtin -fPIC -shared \
	  -DALLOC_FAILING $< -o $@
# A static program cannot be built with AddressSanitizer.
ifeq ($(SAN),)
VICTIMS += $(O)/victims/alloc_static
$(O)/victims/alloc_static: profiler/preload/victims/alloc_23.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -static $< -o $@
endif

#: ROUNDS rounds of bench-instruments, each once forward and once backward through the variants (4)
ROUNDS ?= 4
PHONY += bench-instruments bench-instruments-alloc
## bench-instruments: measure what each instrument costs the observed program: bench-instruments-alloc and bench-instruments-cpu
bench-instruments: bench-instruments-alloc
## bench-instruments-alloc: measure the allocation counter and the lock timer, beside other tools
bench-instruments-alloc: instruments $(O)/victims/alloc_churn \
	$(O)/victims/lock_pairs
	$(Q)PYTHONPATH=profiler $(PYTHON) profiler/preload/alloc/bench_alloc.py \
	  --rounds $(ROUNDS)

#: SECONDS how many seconds bench-instruments-churn runs (60)
SECONDS ?= 60
PHONY += bench-instruments-churn
## bench-instruments-churn: check that the memory of the allocation counter stays bounded
bench-instruments-churn: instruments $(O)/victims/alloc_churn
	$(Q)$(PYTHON) profiler/preload/alloc/bench_churn.py --seconds $(SECONDS)

# The unwinder is compiled once more, as position-independent code, by a rule of
# profiler/collect/room.mk.
$(O)/lib/libclinic-preload.so: $(patsubst %.c,$(O)/obj/preload/%.o,\
	profiler/foundation/maps_line.c \
	$(filter-out %_test.c,$(wildcard profiler/unwind/*.c)))
# So is the check whether the library can be preloaded into a program, which the
# library and `clinic` make before they start one.
$(O)/lib/libclinic-preload.so: \
	$(O)/obj/preload/profiler/shared_memory/preloadable.o
# A program at a fixed address that takes the address of malloc has a stub
# of that name, which is not a malloc of its own.
$(O)/victims/alloc_fixed: VICTIM_CFLAGS = -fno-builtin -fno-pie -no-pie
# Its callers must stay on the stack: no call may become a jump.
$(O)/victims/alloc_over_budget: VICTIM_CFLAGS = -fno-builtin \
	-fno-optimize-sibling-calls

# Functions are looked up at the start, because the stack that the loader needs
# for a look-up is not to be measured.
$(O)/victims/stack_depth: VICTIM_CFLAGS = -Wl,-z,now

# A test of a part of the library links that part, not the library.
PRELOAD_PART = $(filter $(addprefix %/,$1),$(PRELOAD_OBJECTS))
$(O)/tests/byte_sampler_test: TEST_LIBS = \
	$(call PRELOAD_PART,byte_sampler.o) -lm
$(O)/tests/byte_sampler_test: $(call PRELOAD_PART,byte_sampler.o)

#: PREFIX the folder to which install copies bin, lib, include and share (/usr/local)
PREFIX ?= /usr/local
VERSION = $(shell sed -n 's/.*CLINIC_VERSION "\(.*\)".*/\1/p' \
	profiler/include/clinic/version.h)
PHONY += install
## install: install clinic, the preload library, three headers, a pkg-config file, manual pages and completions below PREFIX
install: instruments
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
	  $(DESTDIR)$(PREFIX)/include/clinic
	install -m 755 $(O)/bin/clinic $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(O)/lib/libclinic-preload.so $(DESTDIR)$(PREFIX)/lib
	install -m 644 $(addprefix profiler/include/clinic/,stage.h alloc.h \
	  assert_alloc.h) $(DESTDIR)$(PREFIX)/include/clinic
	sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@VERSION@,$(VERSION),' \
	  profiler/preload/clinic.pc.in \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/clinic.pc
PARTS_TESTED := $(call PRELOAD_PART,arena.o confinement.o hand_over.o stage_table.o \
	call_sites.o table_memory.o process_texts.o spare_stack.o live_blocks.o raw_json.o)
$(O)/tests/preload_parts_test: TEST_LIBS = $(PARTS_TESTED) $(O)/lib/libclinic.a
$(O)/tests/preload_parts_test: $(PARTS_TESTED)
MEMO_TESTED := $(call PRELOAD_PART,stack_memo.o stack_tables.o \
	loaded_image.o process_texts.o arena.o confinement.o hand_over.o \
	spare_stack.o table_memory.o)
$(O)/tests/stack_memo_test: TEST_LIBS = $(MEMO_TESTED) $(O)/lib/libclinic.a
$(O)/tests/stack_memo_test: $(MEMO_TESTED)
$(O)/tests/virtual_time_test: TEST_LIBS = \
	$(call PRELOAD_PART,virtual_time.o confinement.o)
$(O)/tests/virtual_time_test: $(call PRELOAD_PART,virtual_time.o confinement.o)
