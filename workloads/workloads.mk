# The patients are compiled by `scripts/lab build`, variant by variant.

# A patient's unit tests are linked with its baseline, and may include what a
# candidate replaces.
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
