"""An audit's budget by name or by time."""

import pytest

from labkit.audit import budget
from labkit.outcome import UsageError


@pytest.mark.parametrize("text, name", [("quick", "quick"), ("thorough", "thorough"), ("100", "quick"), ("700", "standard"), ("1e6", "thorough")])
def test_seconds_choose_the_most_thorough_that_fits(text, name):
    assert budget.load(text).name == name


@pytest.mark.parametrize("text", ["soon", "", "10", "-1", "nan", "inf"])
def test_what_is_neither_is_wrong_usage(text):
    with pytest.raises(UsageError, match="quick"):
        budget.load(text)
