# The golden files of the reports.

PHONY += bless bless-report
## bless: rewrite all golden files; read the diff, do not trust it
bless: bless-report bless-cases bless-report-list bless-reading

## bless-report: rewrite the pages of the recorded audit; read the diff
bless-report: setup-test
	$(Q)BLESS=1 $(PYTEST) scripts/labkit/report/test_golden_report.py

PHONY += bless-cases
## bless-cases: rewrite the figures of every CASE.md from its report; read the diff
bless-cases: setup-test
	$(Q)BLESS=1 $(PYTEST) workloads/test_case_claims.py

PHONY += bless-report-list
## bless-report-list: rewrite reports/README.md from the reports that exist
bless-report-list: setup-test
	$(Q)BLESS=1 $(PYTEST) scripts/labkit/report/test_report_list.py
