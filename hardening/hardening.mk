# Checks and tests. pytest runs all tests, including the C unit tests, which
# hardening/c_tests.py finds beside the tested code.

include hardening/faults/faults.mk hardening/fuzz/fuzz.mk hardening/packages.mk hardening/machines/machines.mk \
	hardening/mutation/mutation.mk hardening/proof/proof.mk hardening/static_analysis/static_analysis.mk

# A process that was started in the background or by nohup ignores some of the
# signals that tests send, and so do its children; --default-signal resets them.
# The files that Python compiles are written to build/, whatever the environment
# says. Git sets GIT_DIR and similar variables for its hooks; with them, tests
# that create repositories would work on this one instead, so they are unset.
WITHOUT_GIT_HOOK = $(addprefix -u ,$(shell git rev-parse --local-env-vars))
PYTEST = env $(WITHOUT_GIT_HOOK) --default-signal=INT,QUIT,HUP,TERM PYTHONPATH=scripts:hardening \
	PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/build/pycache $(PYTHON) -m pytest \
	-c hardening/pytest.ini --rootdir=. -p c_tests -p second_look -p outside_writes -p left_behind -p few_in_check \
	$(PYTEST_ARGS)

# There is one worker more than processors, because tests sometimes wait. The
# tests of one C program run in one worker, because the program is run once.
ON_ALL_CPUS = -n $(shell expr $$(nproc) + 1) --dist loadgroup

#: PYTEST_ARGS more arguments for pytest, for example -k telemetry

PHONY += check test test-build check-as-user check-headers check-warnings check-format attack \
	soak
C_FILES = $(shell git ls-files '*.c' '*.h' 2>/dev/null)

# Versions of clang-format differ in small points, so only this one is used.
FORMAT_VERSION := 14
CLANG_FORMAT = $(firstword $(foreach name,clang-format-$(FORMAT_VERSION) clang-format,\
	$(shell command -v $(name))))

## check-format: check the layout of all C code with clang-format 14
check-format: build/format/checked

# Of the files, only those that have changed since; if the rules of the layout
# have changed, all.
build/format/checked: $(wildcard $(C_FILES)) .clang-format | setup-test
	@mkdir -p $(@D)
	$(Q)found=$$($(CLANG_FORMAT) --version | head -n 1) && case "$$found" in \
	*"version $(FORMAT_VERSION)."*) \
	  $(CLANG_FORMAT) --dry-run -Werror \
	    $(filter-out .clang-format,$(if $(filter .clang-format,$?),$^,$?)) </dev/null && touch $@ ;; \
	*) echo "check-format: skipped: only clang-format $(FORMAT_VERSION)" \
	  "judges the layout, and this machine has: $${found:-none}" ;; \
	esac

# What gcc said of each object is kept beside it (profiler.mk), so nothing is
# compiled again but the few sources that have no object, and clang's part. None
# of the warnings of clang needs optimisation.
WITHOUT_OBJECT := hardening/calibration/planted_work.c \
	$(filter-out %_test.c,$(wildcard fixtures/*.c)) \
	$(wildcard profiler/*/bench/*.c profiler/*/tools/*.c)
WITH_OBJECT := $(filter-out %_test.c %_fuzz.c $(WITHOUT_OBJECT) \
	$(wildcard profiler/*/victims/*.c),$(wildcard profiler/*/*.c profiler/*/*/*.c))
BUILT_BY_GCC = $(if $(filter gcc,$(CC)),build,build/warnings-gcc)
warned = $(CPPFLAGS) $(CFLAGS) -Werror -MMD -MP -MT $@ -MF $@.d -c $< -o /dev/null

build/warnings/gcc/%.ok: % build/compiled_with | setup-test
	@mkdir -p $(@D)
	$(Q)gcc $(warned) && touch $@

build/warnings/clang/%.ok: % build/compiled_with | setup-test
	@mkdir -p $(@D)
	$(Q)clang $(warned) -O0 -g0 && touch $@

## check-warnings: fail if gcc or clang has a warning for any source of the instruments
check-warnings: $(WITHOUT_OBJECT:%=build/warnings/gcc/%.ok) \
	$(patsubst %,build/warnings/clang/%.ok,$(WITHOUT_OBJECT) $(WITH_OBJECT))
	$(Q)$(MAKE) instruments CC=gcc O=$(BUILT_BY_GCC)
	$(Q)! cat $(WITH_OBJECT:%.c=$(BUILT_BY_GCC)/obj/%.warnings) | grep .

# Each header must compile alone; a public one also as plain C11 and as C++.
HEADERS := $(wildcard profiler/*/*.h profiler/*/*/*.h)
PUBLIC_HEADERS := $(filter profiler/include/%,$(HEADERS))
alone = -Wall -Wextra -Werror -fsyntax-only -MMD -MP -MT $@ -MF $@.d

build/headers/gnu11/%.ok: % | setup-test
	@mkdir -p $(@D)
	$(Q)gcc -std=gnu11 $(CPPFLAGS) $(alone) -x c $< && touch $@

build/headers/c11/%.ok: % | setup-test
	@mkdir -p $(@D)
	$(Q)gcc -std=c11 -Iprofiler/include $(alone) -x c $< && touch $@

build/headers/c++17/%.ok: % | setup-test
	@mkdir -p $(@D)
	$(Q)g++ -std=c++17 -Iprofiler/include $(alone) -x c++ $< && touch $@

## check-headers: compile each header alone
check-headers: $(HEADERS:%=build/headers/gnu11/%.ok) \
	$(foreach language,c11 c++17,$(PUBLIC_HEADERS:%=build/headers/$(language)/%.ok))

test-build: setup-test
	$(Q)$(MAKE) c-tests
	$(Q)$(MAKE) c-tests SAN=address
	$(Q)$(MAKE) c-tests SAN=thread

#: ATTACK_ARGS more arguments for attack: --trials 40, --only layout
## attack: test the verdict engine on simulated machines with fixed seeds; writes reports/attack/
attack: setup-test
	$(Q)PYTHONPATH=scripts:hardening/attack $(PYTHON) -B hardening/attack/attack.py $(ATTACK_ARGS)

#: SOAK_ARGS more arguments for soak: --times 2, --only java node, --instruments alloc
## soak: simulate a day of recording, then run fifty real programs under each instrument; writes reports/soak/
soak: setup-test c-tests
	$(Q)scripts/setup.sh soak
	$(Q)CLINIC_TEST_SECONDS=86400 $(O)/tests/recorder_memory_test
	$(Q)PYTHONPATH=scripts:hardening/soak $(PYTHON) -B hardening/soak/soak.py $(SOAK_ARGS)

# The list of the tests that failed while others ran; they run once more, alone.
SECOND_LOOK = build/test-times/second-look.txt

# section.sh measures each section, and prints at the end how long each took and
# how many tests passed.
section = $(Q)hardening/section.sh build/test-times/$@.txt
begin_sections = @rm -f build/test-times/$@.txt $(SECOND_LOOK)
look_again = $(Q)[ ! -e $(SECOND_LOOK) ] || hardening/section.sh build/test-times/$@.txt \
	'a second look, alone' $(PYTEST) --second-look-at=$(SECOND_LOOK) || :
end_sections = @hardening/section.sh build/test-times/$@.txt

## check: run the checks and tests that every commit must pass; about a minute on two processors; no test measures time
check: setup-test
	$(begin_sections)
	$(section) build $(MAKE) build c-tests check-headers check-format
	$(section) tests env HYPOTHESIS_EXAMPLES=25 $(PYTEST) -m "not slow" --second-look=$(SECOND_LOOK) \
	  --c-modes=release $(ON_ALL_CPUS) || :
	$(look_again)
	$(end_sections)

## test: run all tests, with sanitizer builds, whole workflows and real programs
test: setup-test
	$(begin_sections)
	$(section) build $(MAKE) build test-build check-headers check-format
	$(section) warnings $(MAKE) check-warnings
	$(section) tests $(PYTEST) --second-look=$(SECOND_LOOK) \
	  --c-modes=release,address,thread $(ON_ALL_CPUS) || :
	$(look_again)
	$(end_sections)

## check-as-user: run make check as an ordinary user (started as root: in a copy of the tree)
check-as-user: setup-test
	$(Q)hardening/as_ordinary_user.sh check

#: RELEASE a release of Debian or Ubuntu for test-release: bookworm, trixie, noble
#: MIRROR the server from which test-release gets the release (that of Debian or Ubuntu)
PHONY += test-release
## test-release: run make check in a fresh RELEASE of Debian or Ubuntu (must be started as root)
test-release:
	@scripts/setup.sh release
	@scripts/test_release.sh $(or $(RELEASE),$(error RELEASE= is missing: make test-release RELEASE=trixie))

#: GATES more arguments for release-check and gates-red: --only 05 07
PHONY += release-check gates-red
## release-check: run every gate of a release; writes hardening/release-checklist.md and hardening/evidence.json
release-check: setup-test c-tests build
	$(Q)scripts/setup.sh gates
	$(Q)hardening/release/newest_libraries.sh $(O)/bin/clinic $(O)/lib/libclinic-preload.so
	$(Q)$(PYTHON) -B hardening/release_check.py $(GATES)

## gates-red: plant a fault for each gate, which must then fail
gates-red: setup-test
	$(Q)scripts/setup.sh gates
	$(Q)$(PYTHON) -B hardening/release_check.py --red $(GATES)

PHONY += bless-abi
## bless-abi: rewrite hardening/abi from the library; read the diff, because programs depend on this interface
bless-abi: instruments
	$(Q)hardening/abi/describe_abi.sh $(O)/lib/libclinic-preload.so hardening/abi
