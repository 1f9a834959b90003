"""verdicts - from rows to a word with its error bars.  rows -> improved, regressed, equivalent, inconclusive

metrics what is judged and in which unit; verdict the comparison itself. Pure: no disk, no clock.
"""
