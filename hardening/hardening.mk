# Checks and tests. pytest runs everything, the C unit tests included
# (hardening/c_tests.py finds them beside what they test).

include hardening/fuzz/fuzz.mk hardening/packages.mk hardening/machines/machines.mk

# The signals that tests send are ignored below what was started in the
# background or by nohup, unless they are given their meaning back. What Python compiles
# stands in build/, whatever the environment says of it.
# Git sets GIT_DIR and the like for its hooks. Tests make repositories of their
# own, and would work on this one instead.
WITHOUT_GIT_HOOK = $(addprefix -u ,$(shell git rev-parse --local-env-vars))
PYTEST = env $(WITHOUT_GIT_HOOK) --default-signal=INT,QUIT,HUP,TERM PYTHONPATH=scripts:hardening \
	PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/build/pycache $(PYTHON) -m pytest \
	-c hardening/pytest.ini --rootdir=. -p c_tests -p second_look -p outside_writes -p left_behind -p few_in_check \
	$(PYTEST_ARGS)

# One worker more than processors, for a test waits now and then. The tests of
# one C program stay together: it is run once.
ON_ALL_CPUS = -n $(shell expr $$(nproc) + 1) --dist loadgroup

#: PYTEST_ARGS more arguments for pytest, for example -k telemetry

PHONY += check test test-build check-as-user check-headers check-warnings check-format attack \
	soak
C_FILES = $(shell git ls-files '*.c' '*.h')

# Each version lays code out a little differently, so one alone is asked.
FORMAT_VERSION := 14
CLANG_FORMAT = $(firstword $(foreach name,clang-format-$(FORMAT_VERSION) clang-format,\
	$(shell command -v $(name))))

## check-format: C is laid out by .clang-format, as version 14 reads it
check-format: setup-test
	$(Q)found=$$($(CLANG_FORMAT) --version | head -n 1) && case "$$found" in \
	*"version $(FORMAT_VERSION)."*) \
	  $(CLANG_FORMAT) --dry-run -Werror $(C_FILES) ;; \
	*) echo "check-format: skipped: clang-format $(FORMAT_VERSION) alone" \
	  "judges the layout, and here is $$found" ;; \
	esac

## check-warnings: gcc and clang find nothing to warn of
check-warnings: setup-test
	$(Q)for compiler in gcc clang; do \
	  $(MAKE) instruments CC=$$compiler O=build/warnings-$$compiler \
	    STRICT='$(STRICT) -Werror' || exit 1; done

# Each header compiles alone; a public one as plain C11 and as C++, too.
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

## check-headers: each header compiles alone
check-headers: $(HEADERS:%=build/headers/gnu11/%.ok) \
	$(foreach language,c11 c++17,$(PUBLIC_HEADERS:%=build/headers/$(language)/%.ok))

test-build: setup-test
	$(Q)$(MAKE) c-tests
	$(Q)$(MAKE) c-tests SAN=address
	$(Q)$(MAKE) c-tests SAN=thread

#: ATTACK_ARGS more for attack: --trials 40, --only layout
## attack: the verdict engine against simulated machines, seeded; writes reports/attack/
attack: setup-test
	$(Q)PYTHONPATH=scripts:hardening/attack $(PYTHON) -B hardening/attack/attack.py $(ATTACK_ARGS)

#: SOAK_ARGS more for soak: --times 2, --only java node, --instruments alloc
## soak: a day of recording on a simulated clock, then fifty real programs under each instrument; writes reports/soak/
soak: setup-test c-tests
	$(Q)scripts/setup.sh soak
	$(Q)CLINIC_TEST_SECONDS=86400 $(O)/tests/recorder_memory_test
	$(Q)PYTHONPATH=scripts:hardening/soak $(PYTHON) -B hardening/soak/soak.py $(SOAK_ARGS)

# Tests that failed beside others.
SECOND_LOOK = build/test-times/second-look.txt

# How long each section took, and how many tests passed: printed at the end.
section = $(Q)hardening/section.sh build/test-times/$@.txt
begin_sections = @rm -f build/test-times/$@.txt $(SECOND_LOOK)
look_again = $(Q)[ ! -e $(SECOND_LOOK) ] || hardening/section.sh build/test-times/$@.txt \
	'a second look, alone' $(PYTEST) --second-look-at=$(SECOND_LOOK) || :
end_sections = @hardening/section.sh build/test-times/$@.txt

## check: all a commit needs, a minute and a half on two processors, no timing involved
check: setup-test
	$(begin_sections)
	$(section) build $(MAKE) build c-tests check-headers check-format
	$(section) tests env HYPOTHESIS_EXAMPLES=25 $(PYTEST) -m "not slow" --second-look=$(SECOND_LOOK) \
	  --c-modes=release $(ON_ALL_CPUS) || :
	$(look_again)
	$(end_sections)

## test: everything: sanitizer builds, whole workflows, real programs
test: setup-test
	$(begin_sections)
	$(section) build $(MAKE) build test-build check-headers check-format
	$(section) warnings $(MAKE) check-warnings
	$(section) tests $(PYTEST) --second-look=$(SECOND_LOOK) \
	  --c-modes=release,address,thread $(ON_ALL_CPUS) || :
	$(look_again)
	$(end_sections)

## check-as-user: make check without privileges, in a copy of the tree
check-as-user: setup-test
	$(Q)hardening/as_ordinary_user.sh check

#: RELEASE a release of Debian or Ubuntu for test-release: bookworm, trixie, noble
#: MIRROR where test-release gets it, if not from its makers
PHONY += test-release
## test-release: make check in a fresh RELEASE of Debian or Ubuntu (as root)
test-release:
	@scripts/setup.sh release
	@scripts/test_release.sh $(or $(RELEASE),$(error RELEASE= is missing: make test-release RELEASE=trixie))

#: GATES more for release-check and gates-red: --only 05 07
PHONY += release-check gates-red
## release-check: every gate of a release; writes hardening/release-checklist.md and evidence.json
release-check: setup-test c-tests build
	$(Q)scripts/setup.sh gates
	$(Q)hardening/release/newest_libraries.sh $(O)/bin/clinic $(O)/lib/libclinic-preload.so
	$(Q)$(PYTHON) -B hardening/release_check.py $(GATES)

## gates-red: plants a fault for each gate, which must turn it red
gates-red: setup-test
	$(Q)scripts/setup.sh gates
	$(Q)$(PYTHON) -B hardening/release_check.py --red $(GATES)

PHONY += bless-abi
## bless-abi: rewrite hardening/abi from the library; read the diff, for others build on it
bless-abi: instruments
	$(Q)hardening/abi/describe_abi.sh $(O)/lib/libclinic-preload.so hardening/abi
