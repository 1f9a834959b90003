# The flame graph's script is compiled in as it stands.
$(O)/obj/profiler/formats/flamegraph.o: profiler/formats/flamegraph.js
LIBRARIES += -lm

$(O)/tests/format_registry_test: $(FORMAT_OBJECTS)
$(O)/tests/format_registry_test: TEST_CFLAGS = $(FORMAT_OBJECTS)

# A clinic with one more format: all that adding one takes is its file.
# FORMAT_SOURCE is that file, CLINIC_WITH the program.
PHONY += clinic-with-format
clinic-with-format: $(CLI_OBJECTS) $(FORMAT_OBJECTS) $(O)/lib/libclinic.a
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(FORMAT_SOURCE) $^ -o $(CLINIC_WITH) \
	  $(LIBRARIES)
