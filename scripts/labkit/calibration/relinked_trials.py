"""relinked_trials.py - a program against itself, both sides linked anew for each block, as after a change without effect.

link_orders, campaign -> relinked_trials -> calibration_trials

run_as_gate     judges as `lab gate` does: planted_work as a command, with the gate's alpha
run_as_audit    judges as an audit does: the telemetry pipeline in process, with the alpha of hardening/policy.toml, as one of
                the candidates of its manifest, with the looks of an audit. An audit looks for gains, and stops where one is
                excluded, so an effect is planted as work that the baseline does and B does not
run_in_process  judges as `lab gate --in-process` does: both sides in one process, by pairs in time, with the gate's alpha,
                and confirmed in separate processes
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from labkit import host, policy
from labkit.calibration.planted_pipeline import with_more_work
from labkit.evidence import sha256_of
from labkit.experiment.campaign import Campaign, run_campaign
from labkit.experiment.commands import Command, CommandSubject, Conditions
from labkit.experiment.design import SELECTION_LOOKS, Case, Design
from labkit.outcome import LabError
from labkit.runner import LocalRunner
from labkit.subject import Slot
from labkit.verdicts.stages import CANARY
from labkit.verdicts.verdict import VerdictPolicy, judge_as_one_of
from labkit.workload import fixture, harness, manifest, variant
from labkit.workload.build import Binary, compiler
from labkit.workload.harness import Load
from labkit.workload.library import LibrarySubject
from labkit.workload.link_orders import Copies, Layouts, LinkOrders, layouts_of
from labkit.workload.paired_process import PAIRED_MS, PairedPrograms, PairedSubject

PATIENT, SIZE, MINIMUM_MS = "telemetry", "small", 20
BUDGET_S = 12.0  # of a trial; it is larger than TRIAL_BUDGET_S, because linking takes longer than a short run


@dataclass
class RelinkedSubject(CommandSubject):
    """A command whose program is another link of the same objects in each block. builds: the commands that reports name."""

    layouts: dict[str, Layouts] = field(default_factory=dict)

    kind = "relinked command"

    def _command(self, arm: str, slot: Slot) -> Command:
        usual, program = self.builds[arm][0], self.layouts[arm].of_block(slot.build).path
        return replace(usual, argv=(str(program), *usual.argv[1:]), program=program)

    def _build(self, arm: str, slot: Slot) -> int:
        return self.layouts[arm].number_of(slot.build)


@contextmanager
def programs(beside: Path) -> Iterator[Path]:
    """A temporary folder, beside the given one, for the programs that one trial links."""
    with tempfile.TemporaryDirectory(prefix="relinked-", dir=beside) as folder:
        yield Path(folder)


def run_as_gate(argv: tuple[str, ...], object_file: Path, seed: int, rows: list[dict]) -> Campaign:
    """argv: the command line of planted_work. rows: each run is appended to it."""
    with programs(object_file.parent) as folder:
        arms = {arm: planted_layouts(Path(argv[0]), object_file, seed + number, folder / arm)
                for number, arm in enumerate("AB")}
        said = Command("planted_work", argv, Path(argv[0]))
        subject = RelinkedSubject({"A": [said], "B": [said], CANARY: [said]},
                                  Conditions(cpu=host.measuring_cpu(), timeout_s=20),
                                  layouts=arms | {CANARY: Copies(arms["A"])})
        design = Design(seed=seed, budget_s=BUDGET_S, cpu=host.measuring_cpu())
        return run_campaign([Case("relinked", subject, gating=("wall",))], design, on_row=rows.append)


def planted_layouts(program: Path, object_file: Path, seed: int, folder: Path) -> LinkOrders:
    folder.mkdir()
    usual = Binary("planted_work", program, "", sha256_of(program), program.stat().st_size, "", ())
    return LinkOrders(usual, [object_file], link_static, seed, folder)


def link_static(objects, path: Path) -> None:
    done = subprocess.run([compiler(), "-static", *map(str, objects), "-o", str(path)], capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{path} cannot be linked: {done.stderr.strip()[-300:]}")


def run_as_audit(seed: int, beside: Path, rows: list[dict], extra: int = 0) -> Campaign:
    """The verdict is that of one candidate, with the strictest factor of Holm's correction. rows: each run is appended to it. extra:
    thousandths of work that the baseline does more."""
    rules, wanted = policy.parse(policy.load()), manifest.load(PATIENT)
    fixture.ensure(wanted)
    judged_by = VerdictPolicy(alpha=rules.alpha, effect_ratio=rules.minimum_gain_ratio, equivalence_ratio=rules.equivalence_ratio)
    family_count = len(wanted.candidates)
    with programs(beside) as folder:
        arms = {}
        for number, arm in enumerate("AB"):
            (folder / arm).mkdir()
            arms[arm] = layouts_of(wanted, variant.baseline(wanted), seed + number, folder / arm)
        first = harness.must(harness.observe(wanted, arms["A"].usual, Load(SIZE, samples_count=3), cpu=host.measuring_cpu()),
                             "first run of the baseline")
        load = Load(SIZE, samples_count=5, minimum_ms=MINIMUM_MS, batch_count=first["batch_count"], expect=first["answer"])
        usual = LibrarySubject(wanted, arms | {CANARY: Copies(arms["A"])}, load, LocalRunner(host.measuring_cpu()))
        subject = with_more_work(usual, extra, slower=("A", CANARY))
        design = Design(seed=seed, budget_s=BUDGET_S, policy=judged_by, cpu=host.measuring_cpu(), family_count=family_count,
                        look_shares=SELECTION_LOOKS)
        case = Case("relinked", subject, gating=(wanted.metric,), undecided_ratio=1 / (1 + rules.required_gain(2)))
        campaign = run_campaign([case], design, on_row=rows.append)
    return as_one_candidate(campaign, family_count, judged_by)


def run_in_process(seed: int, beside: Path, rows: list[dict]) -> Campaign:
    """beside: the folder in which the programs are linked. rows: each run is appended to it."""
    wanted = manifest.load(PATIENT)
    fixture.ensure(wanted)
    one = variant.baseline(wanted)
    with programs(beside) as folder:
        arms = {}
        for number, arm in enumerate("AB"):
            (folder / arm).mkdir()
            arms[arm] = layouts_of(wanted, one, seed + number, folder / arm)
        cpu = host.measuring_cpu()
        first = harness.must(harness.observe(wanted, arms["A"].usual, Load(SIZE, samples_count=3), cpu=cpu), "first run of the baseline")
        load = Load(SIZE, samples_count=5, minimum_ms=MINIMUM_MS, batch_count=first["batch_count"], expect=first["answer"])
        classical = LibrarySubject(wanted, arms | {CANARY: Copies(arms["A"])}, load, LocalRunner(cpu))
        paired = PairedSubject(wanted, PairedPrograms(wanted, {"A": one, "B": one}, seed, folder), replace(load, minimum_ms=PAIRED_MS),
                               LocalRunner(cpu), classical)
        case = Case("in process", paired, gating=("time",), confirmed_by=classical)
        return run_campaign([case], Design(seed=seed, budget_s=BUDGET_S, cpu=cpu), on_row=rows.append)


def as_one_candidate(campaign: Campaign, family_count: int, judged_by: VerdictPolicy) -> Campaign:
    if campaign.exit == 4:  # the environment is invalid, so nothing is concluded
        return campaign
    found = judge_as_one_of(campaign.cases[0].first_stage[0], family_count, judged_by)
    return replace(campaign, verdict=found.verdict, cases=(replace(campaign.cases[0], first_stage=(found,), comparisons=(found,)),))
