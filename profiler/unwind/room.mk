# These victims have neither frame pointers nor symbols, which would help an
# unwinder.
$(O)/victims/unwind_%: VICTIM_CFLAGS = -fomit-frame-pointer -s
# Every call goes through a PLT entry, which the first call binds.
$(O)/victims/unwind_plt: VICTIM_CFLAGS = -fomit-frame-pointer -s \
	-fno-builtin -Wl,-z,lazy
$(O)/victims/unwind_plt: VICTIM_LIBS = -lm
$(O)/victims/unwind_plugin: $(O)/victims/unwind_plugin.so
$(O)/victims/unwind_plugin.so: profiler/unwind/victims/unwind_plugin.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -fomit-frame-pointer -s -fPIC \
	  -shared -DUNWIND_PLUGIN $(SAN_FLAGS) $< -o $@
# This victim has its unwind information in .debug_frame only, as embedded
# programs have.
VICTIMS += $(O)/victims/unwind_debug_frame
$(O)/victims/unwind_debug_frame: profiler/unwind/victims/unwind_deep.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fomit-frame-pointer \
	  -fno-asynchronous-unwind-tables $(SAN_FLAGS) $< -o $@

PHONY += bench-unwind
BENCH_BINARIES = $(shell gcc -print-file-name=libc.so.6) /usr/bin/python3 \
	/usr/lib/x86_64-linux-gnu/libcrypto.so.3 \
	/usr/lib/x86_64-linux-gnu/libstdc++.so.6 \
	$(shell gcc -print-prog-name=cc1)
$(O)/bench/unwind_bench: profiler/unwind/bench/unwind_bench.c \
		$(O)/lib/libclinic.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $^ -o $@ $(LIBRARIES)

## bench-unwind: measure how long building a table and unwinding a stack take, beside libdw
bench-unwind: $(O)/bench/unwind_bench $(O)/victims/unwind_deep
	$(Q)$< $(BENCH_BINARIES)
