"""Instruction counts and CPU time, shown beside a verdict about wall time."""

import pytest

from labkit.verdicts.second_opinions import cpu_text, same_work_text


@pytest.mark.parametrize("verdict, ratio, counts, says", [
    ("regressed", 1.05, (1_000_000, 1_000_200), "same work"), ("improved", 0.9, (1_000_000, 999_800), "same work"),
    ("regressed", 1.05, (1_000_000, 1_050_000), None), ("equivalent", 1.0, (1_000_000, 1_000_500), None),
    ("equivalent", 1.0, (1_000_000, 1_004_000), "the counts show it"), ("inconclusive", 1.01, (1_000_000, 990_000), "the counts show it"),
    ("improved", 0.9, (1_000_000, 1_100_000), "disagree"), ("regressed", 1.1, (0, 5), None)])
def test_instructions_speak_where_they_say_something_else_than_time(verdict, ratio, counts, says):
    text = same_work_text(verdict, ratio, *counts)
    assert (text is None) if says is None else says in text


def case(wall_sees, cpu_sees, verdict="inconclusive", gating=("wall",)):
    comparison = {"verdict": verdict, "ratio": 1.0}
    return {"verdict": verdict, "gating": gating, "comparisons": [comparison | {"metric": "wall", "mde_ratio": wall_sees},
                                                                  comparison | {"metric": "cpu", "mde_ratio": cpu_sees}]}


def test_cpu_time_is_offered_where_wall_time_is_hopeless():
    assert "--metric cpu" in cpu_text(case(0.30, 0.02)) and "no effect at all" in cpu_text(case(None, 0.02))
    assert cpu_text(case(0.03, 0.02)) is None and cpu_text(case(0.3, None)) is None
    assert cpu_text(case(0.3, 0.02, verdict="regressed")) is None and cpu_text(case(0.3, 0.02, gating=("cpu", "wall"))) is None
