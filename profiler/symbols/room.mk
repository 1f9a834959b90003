# Names for addresses.
LIBRARIES += -lisal -lzstd

# Tests and `make bench-symbols` use this tool to name addresses.
$(O)/tools/resolve_addresses: profiler/symbols/tools/resolve_addresses.c \
		$(O)/lib/libclinic.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $^ -o $@ $(LIBRARIES)

c-tests: $(if $(SAN),,$(O)/tools/resolve_addresses)

PHONY += bench-symbols
## bench-symbols: measure how long the naming of addresses in a debug file of 95 MB takes
bench-symbols: $(O)/tools/resolve_addresses
	$(Q)$(PYTHON) profiler/symbols/bench_symbols.py
