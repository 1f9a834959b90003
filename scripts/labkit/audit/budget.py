"""budget.py - how much is measured at quick, standard and thorough. Data only.

A campaign has its pilot and its seconds; how many blocks follow the pilot is chosen from its noise, within the seconds.
Even the pilot of quick has to be able to find something: the exact paired test of n blocks cannot go below 2 / 2^n, and
Holm multiplies that by the comparisons judged together. Nine blocks carry 12 candidates at 0.05, seven three sizes.
"""

import argparse
from dataclasses import dataclass

from labkit.experiment.budget_words import budget_seconds
from labkit.outcome import UsageError


@dataclass(frozen=True)
class Budget:
    """Blocks are ABBA blocks: two process runs of each side."""

    name: str
    about_s: int            # an audit of ten candidates, within a third
    minimum_ms: int         # timed work in one process run: one observation
    baseline_blocks: int    # A against its own copy, per size: the noise floor
    pilot_blocks: int       # of a candidate, at the size of the complaint
    other_pilot_blocks: int  # at each other size: enough to see a regression there
    candidate_s: int        # one candidate at all sizes, confirmation included
    rebench_pilot_blocks: int  # per size
    rebench_s: int          # the union of the accepted at all sizes
    sampling_s: int         # sustained load under the sampler
    command_runs: int       # hyperfine, whole commands
    stage_samples: int      # single batches per size, over several processes
    timeout_s: int          # of one process run: longer is a hang


BUDGETS = {
    "quick": Budget("quick", about_s=90, minimum_ms=8, baseline_blocks=8, pilot_blocks=9, other_pilot_blocks=7, candidate_s=3,
                    rebench_pilot_blocks=10, rebench_s=5, sampling_s=3, command_runs=10, stage_samples=80, timeout_s=20),
    "standard": Budget("standard", about_s=600, minimum_ms=50, baseline_blocks=12, pilot_blocks=12, other_pilot_blocks=10,
                       candidate_s=36, rebench_pilot_blocks=14, rebench_s=45, sampling_s=30, command_runs=30, stage_samples=1000,
                       timeout_s=60),
    "thorough": Budget("thorough", about_s=1500, minimum_ms=100, baseline_blocks=24, pilot_blocks=16, other_pilot_blocks=12,
                       candidate_s=60, rebench_pilot_blocks=20, rebench_s=90, sampling_s=60, command_runs=60, stage_samples=2000,
                       timeout_s=120),
}


def load(text: str) -> Budget:
    """By its name, or the most thorough one that ends in about so many seconds."""
    if text in BUDGETS:
        return BUDGETS[text]
    seconds = budget_seconds({name: one.about_s for name, one in BUDGETS.items()})
    try:
        available_s = seconds(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"no budget {text!r}: {error}") from None
    found = [one for one in BUDGETS.values() if one.about_s <= available_s]
    if not found:
        raise UsageError(f"--budget {text}: an audit takes about {BUDGETS['quick'].about_s} s at least; accepted: {', '.join(BUDGETS)}, or seconds")
    return found[-1]
