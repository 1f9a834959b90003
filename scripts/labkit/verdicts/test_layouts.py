"""A patient showed 1.14 in its usual layout and 1.48 in another, and the page had one number."""

import numpy as np
import pytest

from labkit.experiment.interleave import plan_blocks, run_blocks
from labkit.verdicts.layouts import depend, layouts_of


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


def test_noise_alone_is_no_layout():
    assert not any(depend(rows_of((1.0, 1.0, 1.0), noise=0.05, count=12 + extra), "wall") for extra in range(6))
