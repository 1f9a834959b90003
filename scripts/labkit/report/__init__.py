"""report - numbers to pages, and pages to what can be checked.  audit.json -> report -> audit.md, MANIFEST.sha256

render fills the templates; publish writes a report and its figures; seal closes it; recompute walks the way back,
which is what `make verify` does.
"""
