"""budget_words.py - read a budget given in seconds or as one of three words, in the same way for every verb.  text -> budget_words -> seconds"""

import argparse
import math
from collections.abc import Callable, Mapping

WORDS = ("quick", "standard", "thorough")


def budget_seconds(words: Mapping[str, float]) -> Callable[[str], float]:
    """A type for argparse. words: the three words of this verb, in seconds."""
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
