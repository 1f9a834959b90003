# The timer sampler writes registers down as the unwinder numbers them.
$(O)/lib/libclinic-preload.so: $(O)/obj/preload/profiler/unwind/registers.o
$(O)/obj/preload/%.o: %.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -ftls-model=initial-exec \
	  -fvisibility=hidden -MMD -MP -c $< -o $@
