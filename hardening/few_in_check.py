"""few_in_check.py - a pytest plugin: of a test marked few(count), all sets of parameters after the first `count` get the mark slow.

So `make check` runs the sets that differ most, and `make test` runs all. A set that is marked slow itself is not counted. Without a
count, one set is kept.
"""

from collections import Counter

import pytest


@pytest.hookimpl(tryfirst=True)  # before -m selects the tests by their marks
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
