"""report - make pages from numbers, seal them, and verify them.  audit.json -> report -> audit.md, MANIFEST.sha256

render fills the templates; publish writes a report and its figures; seal closes it; recompute checks a sealed report
against its evidence, which is what `make verify` does.
"""
