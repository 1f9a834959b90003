"""budget.py - how much is measured at quick, standard and thorough. Data only.

A campaign has a pilot and a time budget in seconds; the number of blocks after the pilot is chosen from the pilot's noise,
within that time. Even the pilot of quick must be able to find a difference: p of the exact paired test of n blocks is at
least 2 / 2^n, and Holm multiplies it by the number of comparisons judged together. Nine blocks suffice for 12 candidates
at 0.05, seven blocks for three sizes.
"""

import argparse
from dataclasses import dataclass, field

from labkit.experiment.budget_words import budget_seconds
from labkit.outcome import UsageError


@dataclass(frozen=True)
class Budget:
    """Blocks are ABBA blocks: two process runs of each side."""

    name: str
    about_s: int            # duration of an audit of ten candidates, to about a third
    minimum_ms: int         # timed work in one process run: one observation
    baseline_blocks: int    # A against its own copy, per size: the noise floor
    pilot_blocks: int       # blocks of a candidate's pilot, at the size of the complaint
    other_pilot_blocks: int  # blocks at each other size: enough to see a regression there
    candidate_s: int        # one candidate at all sizes, confirmation included
    rebench_pilot_blocks: int  # per size
    rebench_s: int          # the union of the accepted candidates at all sizes
    sampling_s: int         # sustained load under the sampler
    command_runs: int       # hyperfine, whole commands
    stage_samples: int      # single batches per size, over several processes
    timeout_s: int          # limit of one process run; a longer run counts as a hang
    load_rounds: int        # of a workload that offers load: rounds of all rates and servers
    load_s: float           # how long each rate is offered
    # What follows has no part in repr, because repr decides whether evidence from before these fields is still valid.
    causal_functions: int = field(repr=False)  # of a workload that asks for virtual speed-ups: of how many functions
    causal_blocks: int = field(repr=False)  # blocks of runs with and without a virtual speed-up
    causal_s: int = field(repr=False)  # how long a library is under load in such a run, or by what the pieces of a program of load/ are multiplied
    counting_limit_s: int = field(repr=False)  # limit of one run under a tool that counts, and makes the program fifty times slower; a tool that is cut off is a finding
    watched_s: int = field(repr=False)  # how long kernel counters, the growth of memory, threads and the second load generator are watched
    simulated_runs: int = field(repr=False)  # of a library on a simulated CPU, beside the one run that is subtracted
    bisects_rates: bool = field(repr=False)  # of a workload that offers load: look for the knee by bisection, and not at every rate
    counts_candidates: bool = field(repr=False)  # whether the instructions of every candidate are counted, or those of the union alone


BUDGETS = {
    "quick": Budget("quick", about_s=90, minimum_ms=8, baseline_blocks=8, pilot_blocks=9, other_pilot_blocks=7, candidate_s=3,
                    rebench_pilot_blocks=10, rebench_s=5, sampling_s=2, command_runs=6, stage_samples=80, timeout_s=20,
                    load_rounds=1, load_s=0.5, causal_functions=1, causal_blocks=6, causal_s=1, counting_limit_s=15, watched_s=1, simulated_runs=2,
                    bisects_rates=True, counts_candidates=False),
    "standard": Budget("standard", about_s=600, minimum_ms=50, baseline_blocks=12, pilot_blocks=12, other_pilot_blocks=10,
                       candidate_s=36, rebench_pilot_blocks=14, rebench_s=45, sampling_s=30, command_runs=30, stage_samples=1000,
                       timeout_s=60, load_rounds=3, load_s=2.0, causal_functions=8, causal_blocks=8, causal_s=2, counting_limit_s=300,
                       watched_s=2, simulated_runs=5, bisects_rates=False, counts_candidates=True),
    "thorough": Budget("thorough", about_s=1500, minimum_ms=100, baseline_blocks=24, pilot_blocks=16, other_pilot_blocks=12,
                       candidate_s=60, rebench_pilot_blocks=20, rebench_s=90, sampling_s=60, command_runs=60, stage_samples=2000,
                       timeout_s=120, load_rounds=5, load_s=3.0, causal_functions=8, causal_blocks=12, causal_s=3, counting_limit_s=300,
                       watched_s=2, simulated_runs=5, bisects_rates=False, counts_candidates=True),
}


def load(text: str) -> Budget:
    """The budget with this name, or the most thorough budget that ends within about this number of seconds."""
    if text in BUDGETS:
        return BUDGETS[text]
    seconds = budget_seconds({name: one.about_s for name, one in BUDGETS.items()})
    try:
        available_s = seconds(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"no budget {text!r}: {error}") from None
    found = [one for one in BUDGETS.values() if one.about_s <= available_s]
    if not found:
        raise UsageError(f"--budget {text}: an audit takes at least about {BUDGETS['quick'].about_s} s; accepted: {', '.join(BUDGETS)}, or seconds")
    return found[-1]
