"""Effects that depend on the layout are found: one workload showed 1.14 in one layout and 1.48 in another."""

import numpy as np
import pytest

from labkit.experiment.interleave import plan_blocks, run_blocks
from labkit.verdicts.layouts import depend, layouts_of, logs_by_layout


def rows_of(layout_ratios, count=24, noise=0.005):
    source = np.random.default_rng(8)

    def observe(slot):
        build = slot.build % len(layout_ratios)
        scale = layout_ratios[build] if slot.arm == "B" else 1.0
        return {"wall_ns": 5e7 * scale * source.lognormal(0, noise), "build": build}

    return run_blocks(plan_blocks(count, 1), observe)


@pytest.mark.parametrize("ratios, says", [((1.14, 1.48, 1.48), True), ((1.2, 1.2, 1.2), False), ((1.2,), False),
                                          ((1.200, 1.203, 1.2), False)])
def test_an_effect_that_depends_on_the_layout_is_found(ratios, says):
    rows = rows_of(ratios)
    assert depend(rows, "wall") is says
    found = layouts_of(rows, "wall")
    assert [one.ratio for one in found] == pytest.approx(ratios, rel=0.01) and sum(one.blocks_count for one in found) == 24


@pytest.mark.slow
def test_noise_alone_is_no_layout():
    assert not any(depend(rows_of((1.0, 1.0, 1.0), noise=0.05, count=12 + extra), "wall") for extra in range(6))


def own_layouts(spread, count, seed, noise=0.005, drift=0.0):
    """Rows in which each block has a layout of its own, and the ratio drifts with time, as on a changing machine."""
    source, drawn = np.random.default_rng(seed), {}

    def observe(slot):
        ratio = drawn.setdefault(slot.build, source.lognormal(0, spread)) * (1 + drift * slot.block / count)
        return {"wall_ns": 5e7 * (ratio if slot.arm == "B" else 1.0) * source.lognormal(0, noise), "build": slot.build}

    return run_blocks(plan_blocks(count, seed), observe)


@pytest.mark.slow
def test_where_each_block_has_its_own_layout_their_spread_is_found_all_the_same():
    assert all(len(logs) == 1 for logs in logs_by_layout(own_layouts(0.05, 30, 1), "wall").values())
    assert sum(depend(own_layouts(0.05, 30, seed), "wall") for seed in range(20)) >= 18
    assert sum(depend(own_layouts(0.0, 30, seed, noise=0.03), "wall") for seed in range(100)) <= 4
    assert sum(depend(own_layouts(0.0, 30, seed, drift=0.1), "wall") for seed in range(20)) <= 2
