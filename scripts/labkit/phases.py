"""phases.py - the phases of an audit: one entry says all that the other rooms list about a phase.  phases -> flow, evidence

The plan, the runs that make evidence, what an evidence set reads, the findings about what is missing and the kinds
that the schemas know all follow from this table. A phase without a schema of its own in templates/schemas is held to
the common head until it has one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

PLAN, BASELINE, PROFILE, OPTIMIZE, REBENCH = GROUPS = ("plan", "baseline", "profile", "optimize", "rebench")


@dataclass(frozen=True)
class Phase:
    """One phase; its evidence is evidence/NAME.json.

    measure  "module:function". A name and not the function: a phase brings its instruments, and one that is skipped
             must not pay for them. The function takes (state, folder, findings), and returns the evidence's data.
    group    the target that runs it, one of GROUPS: `make baseline`, `make profile` and so on.
    cost     what a report loses when this evidence is missing; "" where `required` refuses to report without it.
    kind     what its evidence calls itself; the name, unless the phase writes one file for each candidate.
    """

    name: str
    measure: str
    group: str
    cost: str = ""
    required: bool = False
    kind: str = ""

    @property
    def evidence_kind(self) -> str:
        return self.kind or self.name


PHASES: dict[str, Phase] = {phase.name: phase for phase in (
    Phase("plan", "labkit.audit.plan:measure", PLAN, required=True),
    Phase("baseline", "labkit.audit.baseline:measure", BASELINE, required=True),
    Phase("command", "labkit.audit.command:measure", BASELINE,
          cost="no whole-command timing by hyperfine stands beside the in-process one"),
    Phase("profile", "labkit.audit.profile:measure", PROFILE,
          cost="nothing shows where the time goes, and no candidate is traceable"),
    Phase("counters", "labkit.audit.counters:measure", PROFILE, cost="what bounds the program is not known"),
    Phase("instructions", "labkit.audit.instructions:measure", PROFILE,
          cost="no instruction counts stand beside the times"),
    Phase("memory", "labkit.audit.memory:measure", PROFILE,
          cost="no allocation counts and no second witness for them"),
    Phase("candidates", "labkit.audit.candidates:measure", OPTIMIZE, kind="candidate"),
    Phase("rebench", "labkit.audit.rebench:measure", REBENCH,
          cost="the accepted candidates were not confirmed together on fresh processes"),
)}


def of_groups(*groups: str) -> Iterator[Phase]:
    """In the order of the table, which is the order in which they run."""
    return (phase for phase in PHASES.values() if phase.group in groups)


def single() -> Iterator[Phase]:
    """The phases that leave one evidence file each: all but the candidates."""
    return (phase for phase in PHASES.values() if phase.group != OPTIMIZE)
