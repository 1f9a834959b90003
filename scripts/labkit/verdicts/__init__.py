"""verdicts - from rows to a word with its error bars.  rows -> improved, regressed, equivalent, inconclusive

paired_rows brings rows into blocks; verdict is the comparison itself; covariates says what excuses a block, odd_runs
which runs stand apart; stages judges what a campaign's rows show about its confirmation, its canary and its machine.

Pure   no disk, no clock.
"""
