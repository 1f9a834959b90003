"""verdicts - from rows to a verdict with its interval.  rows -> improved, regressed, equivalent, inconclusive

paired_rows groups rows into blocks; verdict compares them; covariates decides which blocks may be run again; odd_runs
finds outlying runs; stages judges a campaign's confirmation, its canary and its machine.

Pure   no disk, no clock.
"""
