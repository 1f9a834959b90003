"""few_in_check.py - of a test marked few(count), all but the first `count` sets of parameters get the mark slow.

A pytest plugin. `make check` tries what differs most and `make test` tries all; a set that is marked slow by itself
does not count. Without a count, one.
"""

from collections import Counter

import pytest


@pytest.hookimpl(tryfirst=True)  # before -m decides who runs
def pytest_collection_modifyitems(items):
    taken: Counter = Counter()
    for item in items:
        few = item.get_closest_marker("few")
        if few is None or item.get_closest_marker("slow"):
            continue
        test = item.path, item.originalname
        taken[test] += 1
        if taken[test] > (few.args[0] if few.args else 1):
            item.add_marker(pytest.mark.slow)
