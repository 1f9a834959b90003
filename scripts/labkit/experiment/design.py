"""design.py - the cases to compare, and everything that is decided before the first run.  manifest, commands -> design -> campaign"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from labkit.metrics import METRICS
from labkit.process import Cpus
from labkit.subject import Row, Slot, Subject
from labkit.verdicts.stages import CONFIRM
from labkit.verdicts.verdict import VerdictPolicy

PILOT_BLOCKS = 10  # ten of ten reach the first look's 0.002
CANARY_ALPHA = 0.01
# The parts of alpha that the looks of a stage spend: after the pilot, and at its end.
LOOK_SHARES = (0.2, 0.8)
# An audit's candidate is decided as early as it can be, and gets more blocks while it is open and in sight, at the end of the audit, too
# (continuation.py).
SELECTION_LOOKS = (0.2, 0.3, 0.2, 0.1, 0.1, 0.1)


@dataclass(frozen=True)
class Case:
    """One pair to compare. observe is the subject, or a function that runs an arm once; count (if any) gives an arm's exact
    metrics, and is called twice.

    gating: the metrics that decide, headline first. watched: metrics that are judged and reported, but cannot fail.
    canary_of: the name of the program that cases, such as several sizes, share as their canary.
    undecided_ratio: a case is decided when its interval excludes this ratio; None: when it is a change.
    confirmed_by: the subject with which a regression is confirmed, if it differs from the one that found it.
    """

    name: str
    observe: Subject | Callable[[Slot], Row]
    gating: tuple[str, ...] = ("time",)
    watched: tuple[str, ...] = ()
    count: Callable[[str], Row] | None = None
    pilot_blocks: int = PILOT_BLOCKS
    canary_of: str = ""
    undecided_ratio: float | None = None
    confirmed_by: Subject | None = None

    def subject_of(self, stage: str) -> Subject | Callable[[Slot], Row]:
        return self.confirmed_by if stage == CONFIRM and self.confirmed_by else self.observe

    @property
    def canary_name(self) -> str:
        return self.canary_of or self.name

    @property
    def headline(self) -> str:
        return self.gating[0]

    @property
    def timed(self) -> str:
        """The metric for which the number of blocks is chosen and by which the canary is judged; counts need no blocks."""
        return next((name for name in (*self.gating, *self.watched) if not METRICS[name].is_exact), "wall")

    @property
    def sampled_gating(self) -> list[str]:
        return [name for name in self.gating if not METRICS[name].is_exact]


def case_of(subject: Subject, name: str, *, gating: Iterable[str], watched: Iterable[str] = (), **more) -> Case:
    """Make a case of a subject: its exact metrics are counted, all others observed."""
    gating = tuple(gating)
    watched = tuple(metric for metric in watched if metric not in gating)
    exact = [metric for metric in (*gating, *watched) if METRICS[metric].is_exact]
    return Case(name, subject, gating=gating, watched=watched,
                count=(lambda arm: subject.count(arm, exact)) if exact else None, **more)


@dataclass(frozen=True)
class Design:
    """Everything that is decided before the first run. blocks_count replaces the choice by pilot and power.

    family_count: the number of comparisons judged together, if other campaigns belong to the family, too.
    look_shares: the parts of alpha for the looks at the first stage. The second look has the planned power. A third is
    taken where some more blocks would probably decide and the budget has enough time for them.
    reserved_s: the part of the budget for the work after the runs, such as the report.
    insists_on_pilot: the pilot runs even where it takes longer than the budget, because an audit needs a result for every
    candidate.
    """

    seed: int
    budget_s: float
    policy: VerdictPolicy = VerdictPolicy()
    cpu: Cpus = None
    blocks_count: int | None = None
    floor_ratio: float = 0.0
    reruns_share: float = 0.25
    family_count: int = 1
    canary_alpha: float = CANARY_ALPHA
    pilot_canary_share: float = 0.75  # with the first two blocks, eight of ten
    look_shares: tuple[float, ...] = LOOK_SHARES
    insists_on_pilot: bool = False
    reserved_s: float = 0.0

    @property
    def canary_policy(self) -> VerdictPolicy:
        return replace(self.policy, alpha=min(self.policy.alpha, self.canary_alpha))
