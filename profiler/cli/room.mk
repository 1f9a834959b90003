PHONY += bless-reading
## bless-reading: rewrite what `clinic` reads from its recorded profiles; read the diff
bless-reading: setup-test build
	$(Q)BLESS=1 $(PYTEST) profiler/cli/test_clinic_reading.py
