# The script of the flame graph is compiled in, unchanged.
$(O)/obj/profiler/formats/flamegraph.o: profiler/formats/flamegraph.js
LIBRARIES += -lm

FORMAT_TESTS := $(O)/tests/format_registry_test $(O)/tests/written_text_test
$(FORMAT_TESTS): $(FORMAT_OBJECTS)
$(FORMAT_TESTS): TEST_CFLAGS = $(FORMAT_OBJECTS)

# Builds the program CLINIC_WITH: `clinic` with one more format, whose one file
# is FORMAT_SOURCE. Nothing else is needed to add a format.
PHONY += clinic-with-format
clinic-with-format: $(CLI_OBJECTS) $(FORMAT_OBJECTS) $(O)/lib/libclinic.a
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(FORMAT_SOURCE) $^ -o $(CLINIC_WITH) \
	  $(LIBRARIES)
