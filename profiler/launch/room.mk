# clinic-launch: starts what is measured. Static, so that it is small itself.
LAUNCH_LINK = $(if $(SAN),,-static)

$(O)/bin/clinic-launch: $(O)/obj/profiler/launch/launch.o \
	$(O)/obj/profiler/foundation/options.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LAUNCH_LINK) $^ -o $@

instruments: $(O)/bin/clinic-launch
