"""phases.py - the phases of an audit: one entry describes a phase completely.  phases -> flow, evidence

The plan, the runs that produce evidence, the files of an evidence set, the findings about missing evidence and the
kinds of the schemas are all derived from this table. Evidence of a phase without a schema of its own in
templates/schemas is checked against the common head only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PLAN, BASELINE, PROFILE, OPTIMIZE, REBENCH = GROUPS = ("plan", "baseline", "profile", "optimize", "rebench")
INVESTIGATE = "investigate"
# The kinds of workload that these phases measure, and what a candidate targets that changes no function, but how a command runs.
LIBRARY, COMMAND = "library", "command"
WHOLE = "the whole command"


@dataclass(frozen=True)
class Phase:
    """One phase; its evidence is evidence/NAME.json.

    measure  "module:function". A name instead of the function, because importing a phase imports its instruments, and a
             skipped phase must not do that. The function takes (state, folder, findings), and returns the evidence's data.
    group    the target that runs it, one of GROUPS: `make baseline`, `make profile` and so on; INVESTIGATE of an investigation,
             whose phases `make audit` runs.
    cost     what a report loses when this evidence is missing; "" for a `required` phase, without which there is no report.
    kind     the kind of its evidence: the name, unless the phase writes one file for each candidate.
    needs    the part of a manifest without which there is nothing to measure; "" where every workload has it.
    """

    name: str
    measure: str
    group: str
    cost: str = ""
    required: bool = False
    kind: str = ""
    needs: str = ""

    def applies_to(self, manifest: Mapping[str, Any]) -> bool:
        """manifest: as the plan has it."""
        return not self.needs or manifest.get(self.needs) is not None

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
    Phase("counters", "labkit.audit.counters:measure", PROFILE, cost="the resource that limits the program is unknown"),
    Phase("instructions", "labkit.audit.instructions:measure", PROFILE,
          cost="no instruction counts stand beside the times"),
    Phase("memory", "labkit.audit.memory:measure", PROFILE,
          cost="no allocation counts and no second witness for them"),
    Phase("concurrency", "labkit.audit.concurrency:measure", PROFILE, needs="load",
          cost="nothing shows what the threads wait for under a load that is too high"),
    Phase("causal", "labkit.audit.causal:measure", PROFILE, needs="causal",
          cost="nothing shows what a faster function would gain where threads wait for each other"),
    Phase("candidates", "labkit.audit.candidates:measure", OPTIMIZE, kind="candidate"),
    Phase("rebench", "labkit.audit.rebench:measure", REBENCH,
          cost="the accepted candidates were not confirmed together on fresh processes"),
)}

# Of a workload whose kind is "investigation": a crash, a hang or a lie, and no race of candidates.
INVESTIGATION_PHASES: dict[str, Phase] = {phase.name: phase for phase in (
    Phase("plan", "labkit.audit.investigation_plan:measure", INVESTIGATE, required=True, kind="investigation_plan"),
    Phase("reproduction", "labkit.audit.reproduction:measure", INVESTIGATE, required=True),
    Phase("sights", "labkit.audit.fault_sights:measure", INVESTIGATE, required=True),
    Phase("repairs", "labkit.audit.repairs:measure", INVESTIGATE, required=True),
)}


def of_groups(*groups: str) -> Iterator[Phase]:
    """The phases of these groups in the order of the table, in which they run."""
    return (phase for phase in PHASES.values() if phase.group in groups)


def single() -> Iterator[Phase]:
    """The phases that write one evidence file each: all except the candidates."""
    return (phase for phase in PHASES.values() if phase.group != OPTIMIZE)
