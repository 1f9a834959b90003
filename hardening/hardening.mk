# Checks and tests. pytest runs everything, the C unit tests included
# (hardening/c_tests.py finds them beside what they test).

include hardening/fuzz/fuzz.mk

PYTEST = PYTHONPATH=scripts:hardening $(PYTHON) -B -m pytest \
	-c hardening/pytest.ini --rootdir=. -p c_tests -p outside_writes \
	$(PYTEST_ARGS)

#: PYTEST_ARGS more arguments for pytest, for example -k telemetry

PHONY += check test test-build check-warnings check-format attack
C_FILES = $(shell git ls-files '*.c' '*.h')

## check-format: C is laid out by .clang-format
check-format: setup-test
	$(Q)clang-format-14 --dry-run -Werror $(C_FILES)

## check-warnings: gcc and clang find nothing to warn of
check-warnings: setup-test
	$(Q)for compiler in gcc clang; do \
	  $(MAKE) instruments CC=$$compiler O=build/warnings-$$compiler \
	    STRICT='$(STRICT) -Werror' || exit 1; done

test-build: setup-test
	$(Q)$(MAKE) c-tests
	$(Q)$(MAKE) c-tests SAN=address
	$(Q)$(MAKE) c-tests SAN=thread

#: ATTACK_ARGS more for attack: --trials 40, --only layout
## attack: the verdict engine against simulated machines, seeded; writes reports/attack/
attack: setup-test
	$(Q)PYTHONPATH=scripts:hardening/attack $(PYTHON) -B hardening/attack/attack.py $(ATTACK_ARGS)

## check: all a commit needs, under a minute, no timing involved
check: setup-test
	$(Q)$(MAKE) build c-tests check-format
	$(Q)$(PYTEST) -m "not slow" --c-modes=release -n auto

## test: everything: sanitizer builds, whole workflows, real programs
test: test-build
	$(Q)$(MAKE) build check-format check-warnings
	$(Q)$(PYTEST) --c-modes=release,address,thread
