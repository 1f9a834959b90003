# The report's golden files.

PHONY += bless bless-report
## bless: rewrite all golden files; the diff is read, not trusted
bless: bless-report bless-reading

## bless-report: rewrite the pages of the recorded audit; read the diff
bless-report: setup-test
	$(Q)BLESS=1 $(PYTEST) scripts/labkit/report/test_golden_report.py
