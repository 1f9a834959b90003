"""design.py - what is compared, and all that is decided before the first run.  manifest, commands -> design -> campaign"""

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
# An audit's candidate is decided as early as it can be, and gets more blocks while it is open and in sight.
SELECTION_LOOKS = (0.2, 0.3, 0.2, 0.1, 0.1, 0.1)


@dataclass(frozen=True)
class Case:
    """One pair to compare. observe is the subject, or runs an arm once; count (if any) gives an arm's exact metrics, and
    is asked twice.

    gating: the metrics that decide, headline first. watched: reported, and found to have changed, but not failing.
    canary_of: cases whose canary is one program, say several sizes of it, name that program: they have one canary.
    undecided_ratio: a change is decided when its interval no longer holds this ratio; None: when it is a change.
    confirmed_by: the subject that a regression is confirmed with, where it is another than the one that found it.
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
        """What the number of blocks is chosen for, and the canary judged by: counts need no blocks."""
        return next((name for name in (*self.gating, *self.watched) if not METRICS[name].is_exact), "wall")

    @property
    def sampled_gating(self) -> list[str]:
        return [name for name in self.gating if not METRICS[name].is_exact]


def case_of(subject: Subject, name: str, *, gating: Iterable[str], watched: Iterable[str] = (), **more) -> Case:
    """A subject as a case: its exact metrics are counted, all others observed."""
    gating = tuple(gating)
    watched = tuple(metric for metric in watched if metric not in gating)
    exact = [metric for metric in (*gating, *watched) if METRICS[metric].is_exact]
    return Case(name, subject, gating=gating, watched=watched,
                count=(lambda arm: subject.count(arm, exact)) if exact else None, **more)


@dataclass(frozen=True)
class Design:
    """All that is decided before the first run. blocks_count replaces the choice by pilot and power.

    family_count: how many comparisons are judged together, other campaigns' included, if more than this one's own.
    look_shares: parts of alpha, of the looks at the first stage. The second is where the power is as wanted. A third is
    taken where the effect is in sight and the budget has room for the blocks that would decide it.
    reserved_s: of the budget, for what follows the runs: a report takes its time too.
    insists_on_pilot: an audit has to say something of every candidate: the pilot is made even where it takes longer
    than the budget.
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
