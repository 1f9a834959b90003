# Names for addresses.
LIBRARIES += -lisal -lzstd

# Tests and `make bench-symbols` use this tool to name addresses.
$(O)/tools/resolve_addresses: profiler/symbols/tools/resolve_addresses.c \
		$(O)/lib/libclinic.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $^ -o $@ $(LIBRARIES)

c-tests: $(O)/tools/resolve_addresses

PHONY += bench-symbols
## bench-symbols: seconds to name addresses of a 95 MB debug file, cold
bench-symbols: $(O)/tools/resolve_addresses
	$(Q)$(PYTHON) profiler/symbols/bench_symbols.py
