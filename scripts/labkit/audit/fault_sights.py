"""fault_sights.py - run a program under each witness of the manifest.  Variant -> transcripts"""

from pathlib import Path

from labkit.audit.investigation_state import InvestigationState
from labkit.host import Finding
from labkit.instruments import witness_run
from labkit.fault_witnesses import WITNESSES
from labkit.progress import Progress
from labkit.workload import investigation
from labkit.workload.build import BuildFailed
from labkit.workload.investigation import AskedWitness
from labkit.workload.variant import Variant


def measure(state: InvestigationState, _folder: Path, findings: list[Finding]) -> dict:
    sights = sights_of(state, investigation.faulty(state.manifest))
    findings += [Finding("warning", one["tool"], one["unmeasured"], "The rows of the checklist about this tool are unmeasured.")
                 for one in sights if one["unmeasured"]]
    return {"sights": sights}


def sights_of(state: InvestigationState, variant: Variant, *, is_repaired: bool = False) -> list[dict]:
    """One sight (instruments/witness_run.py) for each witness, in the order of the manifest."""
    with Progress(f"witnesses of {variant.name}", len(state.manifest.witnesses), is_logged=False) as progress:
        seen = state.each(lambda asked: _sight(state, variant, asked, is_repaired), state.manifest.witnesses)
        return list(progress.over(seen, lambda sight: sight["tool"]))


def _sight(state: InvestigationState, variant: Variant, asked: AskedWitness, is_repaired: bool) -> dict:
    witness, folder = WITNESSES[asked.tool], state.manifest.folder
    try:
        program = investigation.build_program(state.manifest, variant, tool=witness.name, cflags=witness.cflags)
    except BuildFailed as failed:
        line = (failed.log.splitlines() or ["the compiler failed"])[0]
        return witness_run.unmeasured(witness, f"the program does not compile with {' '.join(witness.cflags)}: {line[:200]}")
    return witness_run.observe(witness, [str(program.path), *asked.arguments], script=folder / asked.script if asked.script else None,
                               is_repaired=is_repaired, hangs_after_s=state.manifest.limit_s)
