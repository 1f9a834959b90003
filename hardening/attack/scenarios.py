"""scenarios.py - the scenarios of the attack, and the bounds that the verdict engine must keep. It contains only data.

A bound is broken when the exact 95 % interval of the rate lies wholly beyond it. The bounds of repeated audits are in
repeated_audits.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import simulated_machine as m

DIFFERENT, FOUND, EQUIVALENT, COVERED = "different", "found", "equivalent", "covered"
FALSE_ALARMS_MAX, RELINKED_MAX, COVERED_MIN, BLIND_MAX = 0.01, 0.02, 0.98, 5 / 400
POWER_MIN = 0.9


@dataclass(frozen=True)
class Bound:
    """event: an event of a trial. at_most, at_least: the limits of its rate."""

    event: str
    at_most: float = 1.0
    at_least: float = 0.0


@dataclass(frozen=True)
class Scenario:
    """Campaigns on one simulated machine. truth: the ratio B / A that the printed interval should contain; None where no single ratio
    is true."""

    name: str
    weather: m.Weather
    program: m.Program
    truth: float | None = 1.0
    bounds: tuple[Bound, ...] = ()
    budget_s: float = 60.0
    cases_count: int = 1  # cases judged together; "different" means any of them, "found" means all
    trials_count: int | None = None  # set where this scenario has fewer trials than the others


def planted(name: str, weather: m.Weather, power: dict[float, float], *, program: Callable[[float], m.Program] = m.planted,
            alarms: float = FALSE_ALARMS_MAX, covered: float = COVERED_MIN, **more) -> list[Scenario]:
    """A scenario with identical arms, and one for each effect in power, by which B is slower. power: {effect: the least rate at which
    it must be found}."""
    identical = Scenario(name, weather, program(0.0), 1.0,
                         (Bound(DIFFERENT, at_most=alarms), Bound(COVERED, at_least=covered)), **more)
    slower = [Scenario(f"{name}, +{extra:.0%}", weather, program(extra), 1 + extra,
                       (Bound(FOUND, at_least=least), Bound(COVERED, at_least=covered)), **more)
              for extra, least in power.items()]
    return [identical, *slower]


def on_layouts(layout: m.Program) -> Callable[[float], m.Program]:
    return lambda extra: m.both(m.planted(extra), layout)


RUN_NOISE = m.normal(0.01)  # 1.4 % a pair
SLOW_PATH = {"involuntary_switches_count": 300, "major_faults_count": 40}

CAMPAIGNS: tuple[Scenario, ...] = (
    *planted("noise 1.4 % a pair", RUN_NOISE, {0.02: 0.95, 0.05: 0.99}),
    *planted("noise 3 % a pair", m.normal(0.0212), {0.02: POWER_MIN, 0.05: 0.97}),
    *planted("skewed to the slow side", m.skewed(0.01), {0.02: POWER_MIN, 0.05: 0.97}),
    *planted("heavy tails (t, 2 degrees)", m.heavy_tailed(2, 0.01), {0.02: POWER_MIN, 0.05: 0.97}),
    *planted("Cauchy", m.heavy_tailed(1, 0.005), {0.02: POWER_MIN, 0.05: 0.97}),
    *planted("two speeds 1 : 1.9, sticky", m.together(RUN_NOISE, m.two_speeds(1.9, 0.01)), {0.02: POWER_MIN, 0.05: 0.97}),
    *planted("two speeds 1 : 1.9, changing fast", m.together(RUN_NOISE, m.two_speeds(1.9, 0.25)), {0.02: 0.91, 0.05: 0.93}),
    *planted("drift of +50 %", m.together(RUN_NOISE, m.drift(0.5, 60.0)), {0.02: 0.95, 0.05: 0.99}),
    *planted("random walk, 2 % a run", m.together(RUN_NOISE, m.autoregressive(1.0, 0.02)), {0.02: POWER_MIN, 0.05: 0.97}),
    *planted("autocorrelated 0.95", m.together(RUN_NOISE, m.autoregressive(0.95, 0.01)), {0.02: POWER_MIN, 0.05: 0.97}),
    *planted("every fourth run 1.5×", m.together(RUN_NOISE, m.every_fourth_run(1.5)), {0.02: 0.0, 0.05: 0.0}),
    *planted("periodic, 0.43 s, 1.3×", m.together(RUN_NOISE, m.periodic(0.43, 1.3)), {0.02: 0.93, 0.05: 0.92}),
    *planted("a budget of 6 s", RUN_NOISE, {0.02: 0.91, 0.05: 0.95}, budget_s=6.0),
    *planted("layout 1 % per block", RUN_NOISE, {0.02: 0.93, 0.05: POWER_MIN}, program=on_layouts(m.layout_of_block(0.01))),
    *planted("layout 2 % per block", RUN_NOISE, {0.02: 0.82, 0.05: POWER_MIN}, program=on_layouts(m.layout_of_block(0.02))),
    *planted("relinked, 1 % per binary, a link for each block", RUN_NOISE, {0.02: 0.93}, alarms=RELINKED_MAX,
             program=on_layouts(m.layout_of_binary(0.01, None))),
    Scenario("relinked, 1 % per binary, 3 links", RUN_NOISE, m.layout_of_binary(0.01, 3)),
    Scenario("relinked, 1 % per binary, one link", RUN_NOISE, m.layout_of_binary(0.01, 1)),
    *(Scenario(f"{count} comparisons judged together, all twice as slow", RUN_NOISE, m.planted(1.0), 2.0,
               (Bound(FOUND, at_least=0.99),), budget_s=1e6, cases_count=count, trials_count=trials_count)
      for count, trials_count in ((51, 4), (60, 4), (200, 2))),
    Scenario("60 comparisons judged together, identical arms", RUN_NOISE, m.planted(0.0), 1.0,
             (Bound(DIFFERENT, at_most=FALSE_ALARMS_MAX),), budget_s=1e6, cases_count=60, trials_count=20),
    Scenario("equal medians, B skewed", m.normal(0.0), m.skewed_b(0.02), None, (Bound(DIFFERENT, at_most=0.02),)),
    *(Scenario(f"B 10× slower in {share:.0%} of its runs", RUN_NOISE, m.slow_runs(share, 10.0), None,
               (Bound(EQUIVALENT, at_most=blind),)) for share, blind in ((0.02, 0.5), (0.05, 0.2), (0.10, BLIND_MAX))),
    *(Scenario(f"B's slow path, {share:.0%} of its runs 1.3×, {how}", RUN_NOISE, m.slow_runs(share, 1.3, fields), None, bounds)
      for share, blind in ((0.1, 0.11), (0.25, BLIND_MAX))
      for how, fields, bounds in (("with the covariates that it causes", SLOW_PATH, (Bound(EQUIVALENT, at_most=blind),)),
                                  ("without", None, ()))),
)
