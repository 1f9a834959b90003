# The flame graph's script is compiled in as it stands.
$(O)/obj/profiler/formats/flamegraph.o: profiler/formats/flamegraph.js
LIBRARIES += -lm
