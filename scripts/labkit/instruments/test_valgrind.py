"""The counts of valgrind's tools on programs that become others."""

import pytest

from labkit.instruments import Unavailable, valgrind


def test_a_shell_that_becomes_another_program_is_followed():
    """An audit of `sh -c 'rm …; exec sqlite3 …'` ended with the path of a file that cachegrind had not written."""
    alone = valgrind.simulated_events(["/bin/true"], timeout_s=60)
    followed = valgrind.simulated_events(["sh", "-c", "/bin/true; exec /bin/true"], timeout_s=60)
    assert set(alone) == set(followed) and 1.5 * alone["Ir"] < followed["Ir"]


@pytest.mark.parametrize("peak", [valgrind.massif_peak, valgrind.dhat_totals])
def test_what_does_not_follow_says_so(peak):
    with pytest.raises(Unavailable, match="became another one"):
        peak(["sh", "-c", "exec /bin/true"], timeout_s=60)
