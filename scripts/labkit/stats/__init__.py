"""stats - from raw samples to intervals, p-values and sample sizes. Pure: no disk, no clock; the caller passes all seeds.

change_points the places where a series changes its level
quantiles     one process run -> its p50, p95, p99
bootstrap     the exact bootstrap of the median of the blocks' ratios
paired        the exact sign test of block log ratios, and its interval
other_tests   tests of other tools: Welch's t on logs, Mann-Whitney; lag-1 autocorrelation
equivalence   two one-sided tests
multiplicity  Holm, and the intervals that agree with it
power         sample size, minimum detectable effect
proportions   Clopper-Pearson
between_sessions  the variation between sessions

scipy is imported inside the functions that need it, because the import takes half a second, which a `lab audit` without
work need not spend.
"""
