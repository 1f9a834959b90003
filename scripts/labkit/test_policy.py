"""policy.toml: the one that ships is valid; a broken one is refused with file, key and what is accepted."""

import tomllib

import pytest

from labkit.outcome import UsageError
from labkit.policy import POLICY, load, parse


def shipped() -> dict:
    return tomllib.loads(POLICY.read_text())


def test_the_policy_that_ships_is_valid():
    policy = parse(load())
    assert policy.required_gain(5) > policy.required_gain(1) >= policy.minimum_gain_ratio


def test_more_gain_buys_more_lines():
    policy = parse(shipped())
    assert policy.allowed_lines(0.0) == policy.free_lines_count
    assert policy.allowed_lines(0.30) > policy.allowed_lines(0.10) > policy.free_lines_count


@pytest.mark.parametrize("table, key, value", [
    ("verdict", "alpha", "small"), ("verdict", "alpha", True), ("memory", "peak_rss_free_bytes", 1.5),
    ("regression", "maximum_loss_ratio", -0.1), ("verdict", "aplha", 0.05),
    ("risk", "required_gain_ratio", {"1": 0.1}),
    ("risk", "required_gain_ratio", {"1": 0.5, "2": 0.4, "3": 0.3, "4": 0.2, "5": 0.1})])
def test_a_broken_key_is_named(table, key, value):
    broken = shipped()
    broken[table][key] = value
    with pytest.raises(UsageError, match=rf"somewhere\.toml.*{key}.*accepted"):
        parse(broken, "somewhere.toml")


def test_missing_parts_are_named(tmp_path):
    broken = shipped()
    del broken["memory"]
    with pytest.raises(UsageError, match="memory"):
        parse(broken)
    with pytest.raises(UsageError, match="schema"):
        parse({"schema": 2})
    with pytest.raises(UsageError, match="nowhere.toml"):
        load(tmp_path / "nowhere.toml")
