"""budget_words.py - how much is measured, in seconds or in one of three words, the same for every verb.  text -> budget_words -> seconds"""

import argparse
import math
from collections.abc import Callable, Mapping

WORDS = ("quick", "standard", "thorough")


def budget_seconds(words: Mapping[str, float]) -> Callable[[str], float]:
    """For argparse. words: what the three are for this verb."""
    def read(text: str) -> float:
        try:
            seconds = words[text] if text in words else float(text)
        except ValueError:
            seconds = math.nan
        if not math.isfinite(seconds):
            raise argparse.ArgumentTypeError(f"{text!r} is neither a number of seconds nor {' or '.join(words)}")
        return float(seconds)
    return read


def list_words(words: Mapping[str, float]) -> str:
    """"quick (10), standard (30) or thorough (120)"."""
    *first, last = (f"{word} ({seconds:g})" for word, seconds in words.items())
    return f"{', '.join(first)} or {last}"
