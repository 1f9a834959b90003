"""few_builds.py - warn where an arm had too few builds for a result about the change.  document -> few_builds -> pages

The figures are those of `make attack` for programs whose layouts differ by 1 %: reports/attack/attack.md.
"""

from labkit.wording import plural

ENOUGH_BUILDS = 10
FALSE_ALARMS = {1: 203, 3: 62}  # {links of each side: comparisons of equal programs that were called different}
FALSE_ALARMS_MANY = 1  # with a link for each block
COMPARISONS = 400


def few_builds_notes(doc: dict) -> list[str]:
    """Sentences without a full stop; none where every arm has enough builds, or nothing was measured."""
    counts = {name: len(set(arm["builds"])) for name, arm in doc["arms"].items()} if doc["cases"] else {}
    few = {name: count for name, count in counts.items() if count < ENOUGH_BUILDS}
    if not few:
        return []
    if set(counts.values()) == {1}:
        return ["The result holds for these two binaries, not for the change between their sources: each side is one build, and the "
                "place where the linker puts code changes its speed"]
    same = len(set(few.values())) == 1 and len(few) == len(counts)
    who = (f"{plural(next(iter(few.values())), 'build')} of each side" if same
           else ", ".join(f"{plural(count, 'build')} of {name}" for name, count in few.items()))
    return [f"Only {who}: the places where the linker puts code change the speed, and so few do not average it out. Simulated programs that are "
            f"equal but for their layouts (1 % apart) were called different in {FALSE_ALARMS[3]} of {COMPARISONS} comparisons with 3 builds of "
            f"each side, in {FALSE_ALARMS[1]} with one, and in {FALSE_ALARMS_MANY} with a build for each block"]
