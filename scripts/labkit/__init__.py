"""labkit - from a manifest to a sealed audit. Each stage hands the next a file or a frozen dataclass.

manifest -> host -> fixture -> build -> process -> interleave -> evidence -> stats -> decide -> analysis -> render -> seal
"""

from pathlib import Path

VERSION = "0.1.0"
ROOT = Path(__file__).resolve().parents[2]


def in_a_checkout(path: Path) -> Path:
    """The path in the working folder if it exists there; otherwise in the lab's own checkout, because the lab may have been started
    in another repository."""
    return path if path.exists() else ROOT / path
