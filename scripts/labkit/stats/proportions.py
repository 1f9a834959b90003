"""proportions.py - the interval of an error rate when k of n comparisons were wrong."""


def clopper_pearson(hits_count: float, trials_count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion (Clopper & Pearson 1934). Without trials it is (0, 1). The counts may be
    fractions, where a rate is known from more trials than are independent."""
    if not 0 <= hits_count <= trials_count:
        raise ValueError(f"{hits_count} hits in {trials_count} trials")
    if trials_count == 0:
        return 0.0, 1.0
    from scipy.special import betaincinv
    tail = (1 - confidence) / 2
    low = 0.0 if hits_count == 0 else float(betaincinv(hits_count, trials_count - hits_count + 1, tail))
    high = 1.0 if hits_count == trials_count else float(betaincinv(hits_count + 1, trials_count - hits_count, 1 - tail))
    return low, high
