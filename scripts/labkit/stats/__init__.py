"""stats - from raw samples to intervals, p-values and sample sizes. Pure: no disk, no clock, seeds are the caller's.

change_points where a series changed its level
quantiles     one process run -> its p50, p95, p99
bootstrap     median of the blocks' ratios, whole blocks resampled
paired        exact tests of block log ratios: sign, signed-rank
other_tests   what others print: Welch's t on logs, Mann-Whitney; lag-1 autocorrelation
equivalence   two one-sided tests
multiplicity  Holm
power         sample size, minimum detectable effect
proportions   Clopper-Pearson

scipy is imported inside the functions that need it: it costs half a second that `lab audit` with nothing to do lacks.
"""
