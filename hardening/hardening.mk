# Checks and tests. pytest runs everything, the C unit tests included
# (hardening/c_tests.py finds them beside what they test).

PYTEST = PYTHONPATH=scripts:hardening $(PYTHON) -B -m pytest \
	-c hardening/pytest.ini --rootdir=. -p c_tests $(PYTEST_ARGS)

#: PYTEST_ARGS more arguments for pytest, for example -k telemetry

PHONY += check test test-build
test-build: setup-test
	$(Q)$(MAKE) c-tests
	$(Q)$(MAKE) c-tests SAN=address
	$(Q)$(MAKE) c-tests SAN=thread

## check: all a commit needs, under a minute, no timing involved
check: setup-test
	$(Q)$(MAKE) build c-tests
	$(Q)$(PYTEST) -m "not slow" --c-modes=release

## test: everything: sanitizer builds, whole workflows, real programs
test: test-build
	$(Q)$(MAKE) build
	$(Q)$(PYTEST) --c-modes=release,address,thread
