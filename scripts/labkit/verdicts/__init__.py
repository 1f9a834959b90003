"""verdicts - from rows to a word with its error bars.  rows -> improved, regressed, equivalent, inconclusive

metrics what is judged and in which unit; verdict the comparison itself; covariates what excuses a block; stages what a
campaign's rows say of its confirmation, its canary and its machine. Pure: no disk, no clock.
"""
