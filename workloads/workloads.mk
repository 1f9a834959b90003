# `scripts/lab build` compiles the workloads, variant by variant.

# The unit tests of a workload are linked with its baseline, and may include
# headers that a candidate replaces.
define workload_tests
$(patsubst %.c,$(O)/tests/%,$(notdir $(wildcard $1/*_test.c))): \
	CPPFLAGS += -I$1
$(patsubst %.c,$(O)/tests/%,$(notdir $(wildcard $1/*_test.c))): \
	TEST_LIBS = $(call objects,$1/*.c)
$(patsubst %.c,$(O)/tests/%,$(notdir $(wildcard $1/*_test.c))): \
	$(call objects,$1/*.c)
endef
$(foreach folder,$(wildcard workloads/*/),\
	$(eval $(call workload_tests,$(folder:/=))))
