# Perf Clinic: the front door. `make help` lists targets and variables.
#
# Each room has its own rules: profiler/profiler.mk and the like define what is
# compiled there; this file defines the targets that a person types.

# This is Debian's Python, because another python3 earlier on PATH may lack numpy.
PYTHON ?= /usr/bin/python3
CC      = gcc
W      ?= telemetry
BUDGET ?= standard
# make ends with 2 after any failed recipe, so lab prints its own exit code.
LAB     = LAB_SAYS_CODE=1 $(PYTHON) scripts/lab
# The argument as one word for the shell, even if it contains quotes.
quoted = '$(subst ','\'',$(1))'

# V=1 shows every command.
Q = $(if $(V),,@)
# Sanitizer builds have folders beside the release build, never in it.
O := build$(if $(SAN),/san-$(SAN))

MAKEFLAGS += --no-builtin-rules --no-print-directory
# A make that another one started shares the jobs of that one.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build
PHONY := help setup build clean

## help: print this list
help:
	@echo 'make TARGET [VARIABLE=value ...]'
	@echo
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'
	@echo
	@echo 'variables'
	@sed -n 's/^#: \([A-Za-z_]*\) \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'

#: W the workload, one of the folders in workloads/ (telemetry)
#: BUDGET quick, standard or thorough, or a number of seconds (standard)
#: V V=1 prints every command
#: SAN the sanitizers of the C build: address (with UBSan) or thread
#: CC the C compiler (gcc)
#: PYTHON a Python interpreter that has numpy (/usr/bin/python3)
#: NO_INSTALL with NO_INSTALL=1, setup installs nothing and lists what is missing

## setup: install the Debian packages that are missing, and tell git to use our hooks
setup:
	@scripts/setup.sh run
	@git config core.hooksPath scripts/githooks 2>/dev/null || :

setup-test: setup
	@scripts/setup.sh run test
PHONY += setup-test

include profiler/profiler.mk profiler/release.mk fixtures/fixtures.mk workloads/workloads.mk
include hardening/hardening.mk docs/docs.mk $(wildcard scripts/*.mk)

## baseline: time the workload W as it is
baseline: instruments
	$(Q)$(LAB) baseline $(call quoted,$(W)) --budget $(call quoted,$(BUDGET))

## profile: find where the time of W goes, what it allocates and what bounds it
profile: instruments
	$(Q)$(LAB) profile $(call quoted,$(W)) --budget $(call quoted,$(BUDGET))

## optimize: measure every candidate alone; accept or reject
optimize: instruments
	$(Q)$(LAB) optimize $(call quoted,$(W)) --budget $(call quoted,$(BUDGET))

## rebench: measure the accepted candidates together, on fresh processes
rebench: instruments setup-load
	$(Q)$(LAB) rebench $(call quoted,$(W)) --budget $(call quoted,$(BUDGET))

# Of a workload that offers load to a server (workloads/W/load/nginx.conf), nginx
# is the yardstick and wrk the second witness. Its audit goes on without them, and
# says so.
LOADED = $(wildcard workloads/$(if $(filter audit-all,$(MAKECMDGOALS)),*,$(W))/load/nginx.conf)
setup-load: setup
	@[ -z '$(LOADED)' ] || scripts/setup.sh load || \
	  echo 'setup: the audit goes on without them, and its report says so' >&2
PHONY += setup-load

## audit: do those of the above steps that are missing or stale, then render and seal the report
audit: instruments setup-load
	$(Q)$(LAB) audit $(call quoted,$(W)) --budget $(call quoted,$(BUDGET))

## audit-all: audit every workload, one after the other, and print one table at the end
audit-all: instruments setup-load
	$(Q)$(LAB) audit --all --budget $(call quoted,$(BUDGET))

#: R the folder of a sealed report, for verify, show and sign

## verify: recompute every number of the sealed report R from its evidence
verify: setup
	$(Q)$(LAB) verify $(if $(R),$(call quoted,$(R)),$(error R= is missing: make verify R=reports/telemetry/v0001))

#: SHOW_ARGS more arguments for show: --output FILE, --unverified

## show: write the sealed report R as one HTML page below build/; without R, all reports
show: setup
	$(Q)$(LAB) show $(if $(R),$(call quoted,$(R))) $(SHOW_ARGS)

#: KEY a private SSH key outside of this tree, for sign

## sign: sign the sealed report R with KEY; verify then names the signer
sign: setup
	$(Q)$(LAB) sign $(if $(R),$(call quoted,$(R)),$(error R= is missing: make sign R=reports/telemetry/v0001 KEY=FILE)) \
	  --key $(if $(KEY),$(call quoted,$(KEY)),$(error KEY= is missing: make sign R=reports/telemetry/v0001 KEY=FILE))

#: KIND the kind of the workload that new makes: library or command (library)

## new: scaffold a new workload in workloads/W, which can be audited at once
new: instruments
	$(Q)$(LAB) new $(if $(filter command environment,$(firstword $(origin W))),$(call quoted,$(W)),$(error \
	  W= is missing: make new W=name)) $(if $(KIND),--kind $(call quoted,$(KIND)))

PHONY += baseline profile optimize rebench audit verify show sign new

# This includes the victim with which the allocation counter is tested before it is used.
instruments: $(O)/victims/alloc_23

## build: build the instruments, the fixtures and the workloads (the default)
build: workloads

workloads: instruments
	$(Q)$(LAB) fixtures >/dev/null
	$(Q)$(LAB) build >/dev/null

PHONY += workloads

## clean: remove build/
clean:
	rm -rf build

.PHONY: $(PHONY)
