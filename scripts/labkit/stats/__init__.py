"""stats - from raw samples to intervals, p-values and sample sizes. Pure: no disk, no clock; seeds, where there are any, are the caller's.

change_points where a series changed its level
quantiles     one process run -> its p50, p95, p99
bootstrap     the exact bootstrap of the median of the blocks' ratios
paired        the exact sign test of block log ratios, and its interval
other_tests   what others print: Welch's t on logs, Mann-Whitney; lag-1 autocorrelation
equivalence   two one-sided tests
multiplicity  Holm, and the intervals that agree with it
power         sample size, minimum detectable effect
proportions   Clopper-Pearson
between_sessions  what an interval of one session leaves out

scipy is imported inside the functions that need it: it costs half a second that `lab audit` with nothing to do lacks.
"""
