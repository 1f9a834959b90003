"""budget.py - how much is measured at quick, standard and thorough. Data only.

Even quick has to be able to find something: the exact paired test of n blocks cannot go below 2 / 2^n, and Holm
multiplies that by the number of candidates. Ten blocks carry 25 candidates at 0.05, seven carry three sizes.
"""

from dataclasses import dataclass

from labkit.outcome import UsageError


@dataclass(frozen=True)
class Budget:
    """Blocks are ABBA blocks: two process runs of each side."""

    name: str
    minimum_ms: int         # timed work in one process run: one observation
    baseline_blocks: int    # A against its own copy, per size: the noise floor
    candidate_blocks: int   # at the size of the complaint
    other_blocks: int       # at each other size: enough to see a regression there
    rebench_blocks: int     # per size
    sampling_s: int         # sustained load under the sampler
    command_runs: int       # hyperfine, whole commands
    stage_samples: int      # single batches per size, over several processes
    timeout_s: int          # of one process run: longer is a hang


BUDGETS = {
    "quick": Budget("quick", minimum_ms=10, baseline_blocks=8, candidate_blocks=10, other_blocks=7, rebench_blocks=10,
                    sampling_s=4, command_runs=10, stage_samples=80, timeout_s=20),
    "standard": Budget("standard", minimum_ms=50, baseline_blocks=12, candidate_blocks=15, other_blocks=8,
                       rebench_blocks=20, sampling_s=30, command_runs=30, stage_samples=1000,
                       timeout_s=60),
    "thorough": Budget("thorough", minimum_ms=100, baseline_blocks=24, candidate_blocks=30, other_blocks=16,
                       rebench_blocks=40, sampling_s=60, command_runs=60, stage_samples=2000,
                       timeout_s=120),
}


def load(name: str) -> Budget:
    if name not in BUDGETS:
        raise UsageError(f"no budget {name!r}; accepted: {', '.join(BUDGETS)}")
    return BUDGETS[name]
