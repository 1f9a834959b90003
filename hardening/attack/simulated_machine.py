"""simulated_machine.py - a machine with a simulated clock and disturbances, and programs whose true speed is known.

Weather  the disturbances of the machine: a factor on the time of every run, alike for both arms, that depends on the clock.
Program  the speed of an arm: a factor for each slot, which may come with fields of a row (faults, switches).
Seeded   the same seed gives the same runs, on any machine; nothing here reads a real clock or a file.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labkit.experiment.interleave import CANARY, Slot

Source = np.random.Generator
Weather = Callable[[Source], Callable[[float], float]]
"""source -> (seconds since the start -> factor on the time of the run that starts then)"""
Program = Callable[[Source], Callable[[Slot], tuple[float, dict]]]
"""source -> (slot -> factor on the time of this arm's run, and fields of its row)"""

SLOWEST = 1e6


# --- weather

def normal(sigma: float) -> Weather:
    """Normal noise. sigma: the standard deviation of a run's log time."""
    return lambda source: lambda now_s: math.exp(source.normal(0, sigma))


def skewed(sigma: float) -> Weather:
    """No run is faster than the undisturbed program, and many are slower: log times are half-normal and twice as wide."""
    return lambda source: lambda now_s: math.exp(2 * abs(source.normal(0, sigma)))


def heavy_tailed(degrees: float, sigma: float) -> Weather:
    """Log times follow Student's t; with one degree of freedom that is the Cauchy distribution, which has no mean."""
    limit = math.log(SLOWEST)
    return lambda source: lambda now_s: math.exp(np.clip(sigma * source.standard_t(degrees), -limit, limit))


def two_speeds(ratio: float, change_probability: float) -> Weather:
    """The host switches between two speeds; before each run it changes with this probability."""
    def start(source: Source):
        slow = [bool(source.integers(2))]

        def factor(now_s: float) -> float:
            slow[0] ^= source.random() < change_probability
            return ratio if slow[0] else 1.0
        return factor
    return start


def drift(total: float, over_s: float) -> Weather:
    return lambda source: lambda now_s: 1 + total * now_s / over_s


def autoregressive(correlation: float, sigma: float) -> Weather:
    """Autoregressive log times. sigma: of the steps; with correlation 1 they are a random walk."""
    def start(source: Source):
        level = [0.0]

        def factor(now_s: float) -> float:
            level[0] = correlation * level[0] + source.normal(0, sigma)
            return math.exp(level[0])
        return factor
    return start


def every_fourth_run(ratio: float) -> Weather:
    def start(source: Source):
        runs = [int(source.integers(4))]

        def factor(now_s: float) -> float:
            runs[0] += 1
            return ratio if runs[0] % 4 == 0 else 1.0
        return factor
    return start


def periodic(period_s: float, ratio: float) -> Weather:
    """A neighbour that works half of each period."""
    def start(source: Source):
        offset_s = source.random() * period_s
        return lambda now_s: ratio if (now_s + offset_s) % period_s < period_s / 2 else 1.0
    return start


def together(*all_weather: Weather) -> Weather:
    def start(source: Source):
        parts = [one(source) for one in all_weather]
        return lambda now_s: math.prod(part(now_s) for part in parts)
    return start


# --- programs

def planted(extra: float) -> Program:
    """B does this much more work."""
    return lambda source: lambda slot: (1 + extra if slot.arm == "B" else 1.0, {})


def slow_runs(share: float, ratio: float, fields: dict | None = None) -> Program:
    """B has a slow path, which it takes in this share of its runs. fields: what the kernel counts in a slow run."""
    def start(source: Source):
        def program(slot: Slot):
            slow = slot.arm == "B" and source.random() < share
            return (ratio, fields or {}) if slow else (1.0, dict.fromkeys(fields or {}, 0))
        return program
    return start


def skewed_b(sigma: float) -> Program:
    """Equal medians; B is skewed to the slow side, A is symmetric."""
    def start(source: Source):
        def program(slot: Slot):
            deviate = source.normal(0, sigma)
            return math.exp(1.5 * deviate if slot.arm == "B" and deviate > 0 else deviate), {}
        return program
    return start


def layout_of_block(sigma: float) -> Program:
    """A factor for each block and arm: both runs of the arm in that block have it, so the pilot's differences do not show it."""
    return _drawn(sigma, lambda slot: (_file_of(slot), slot.block))


def layout_of_binary(sigma: float, orders: int | None) -> Program:
    """A factor for each link of an arm. orders: the number of links that rotate by block; None: each block has a new link."""
    return _drawn(sigma, lambda slot: (_file_of(slot), slot.build if orders is None else slot.build % orders))


def _file_of(slot: Slot) -> str:
    """The canary is a copy of A, layout included."""
    return "A" if slot.arm == CANARY else slot.arm


def _drawn(sigma: float, key: Callable[[Slot], tuple]) -> Program:
    def start(source: Source):
        drawn: dict[tuple, float] = {}

        def program(slot: Slot):
            name = key(slot)
            if name not in drawn:
                drawn[name] = math.exp(source.normal(0, sigma))
            return drawn[name], {}
        return program
    return start


def both(*programs: Program) -> Program:
    def start(source: Source):
        parts = [one(source) for one in programs]

        def program(slot: Slot):
            found = [part(slot) for part in parts]
            fields: dict = {}
            for _, more in found:
                fields |= more
            return math.prod(factor for factor, _ in found), fields
        return program
    return start


# --- the machine

@dataclass
class Machine:
    """The simulated machine; each run advances its clock by the time of the run, in seconds."""

    weather: Callable[[float], float]
    program: Callable[[Slot], tuple[float, dict]]
    run_s: float = 0.05
    now_s: float = 0.0

    @staticmethod
    def seeded(seed: int, weather: Weather, program: Program, run_s: float = 0.05) -> "Machine":
        return Machine(weather(np.random.default_rng([seed, 0])), program(np.random.default_rng([seed, 1])), run_s)

    def clock(self) -> float:
        return self.now_s

    def observe(self, slot: Slot) -> dict:
        """The row of one run. steal_ns is 0, because the steal time of the real machine must not get into a simulated row."""
        factor, fields = self.program(slot)
        took_s = self.run_s * factor * self.weather(self.now_s)
        self.now_s += took_s
        return {"wall_ns": took_s * 1e9, "failure": None, "steal_ns": 0} | fields
