# In this test, allocations fail one after the other.
$(O)/tests/session_memory_test: TEST_CFLAGS = \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
