"""labkit - from a manifest to a sealed audit. Each stage hands the next a file or a frozen dataclass.

manifest -> host -> fixture -> build -> process -> interleave -> evidence -> stats -> decide -> analysis -> render -> seal
"""

from pathlib import Path

VERSION = "0.1.0"
ROOT = Path(__file__).resolve().parents[2]


def in_a_checkout(path: Path) -> Path:
    """path below the working folder, where that has it; else in the checkout that this lab is part of, for a lab that was started in
    another repository."""
    return path if path.exists() else ROOT / path
