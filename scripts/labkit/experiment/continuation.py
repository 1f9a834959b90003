"""continuation.py - go on with a campaign whose budget ended before all cases were decided.  Experiment -> continuation -> Campaign

The looks that are left spend the parts of alpha that are left, so the error rates hold over both parts of the campaign, whatever the reason
for going on was (looks.py). A case whose last look took the whole of alpha has none left; a campaign that has confirmed a regression is
over, because a second confirmation would be a second chance.
"""

import dataclasses

from labkit.experiment.campaign import Campaign, blocks_of_open, confirm_and_conclude, in_sight, judge_looks, make_more
from labkit.experiment.stage_runner import Experiment, Stopwatch
from labkit.verdicts.stages import CONFIRM


def may_go_on(experiment: Experiment) -> bool:
    """Whether a look is left at any case, if there were time for its blocks."""
    is_over = experiment.looks_count in (0, len(experiment.design.look_shares)) or any(experiment.blocks_of(name, CONFIRM) for name in experiment.cases)
    return not is_over and bool(open_cases(experiment))


def open_cases(experiment: Experiment) -> list[str]:
    return [name for name, looks in experiment.looks.items() if looks.has_spent]


def blocks_within(experiment: Experiment, more_s: float) -> dict[str, int]:
    """The blocks after which open cases would be decided, as far as more_s is enough for them, confirmation included; a case that is not in
    sight has none. From now on this is the time that the experiment has."""
    experiment.watch = Stopwatch(more_s, experiment.watch.clock)
    return blocks_of_open(experiment, open_cases(experiment), in_sight(experiment))


def go_on(experiment: Experiment, more_s: float) -> Campaign:
    """The whole campaign after further blocks, which take at most more_s. There must be some within that time."""
    more = blocks_within(experiment, more_s)
    experiment.design = dataclasses.replace(experiment.design, budget_s=experiment.design.budget_s + more_s)
    make_more(experiment, more)
    judge_looks(experiment, list(more))
    return confirm_and_conclude(experiment)
