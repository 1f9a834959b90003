"""progress_file.py - keeps a person's scores in a file, which is written after every step.  walk -> build/clinic/NAME.json -> walk"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labkit.evidence import write_text
from labkit.untrusted_file import UntrustedFileError, read_json

FOLDER = Path("build/clinic")
PASS_RATIO = 0.7


@dataclass
class Progress:
    """scores: for each step that was done, how many answers were right and how many questions there were. predictions: the same for the
    predictions."""

    name: str
    scores: dict[str, tuple[int, int]] = field(default_factory=dict)
    predictions: dict[str, tuple[int, int]] = field(default_factory=dict)

    def passed(self, step: str) -> bool:
        right, all_count = self.scores.get(step, (0, 1))
        return all_count == 0 or right >= PASS_RATIO * all_count

    def save(self) -> None:
        write_text(path_of(self.name), json.dumps(asdict(self), indent=1) + "\n")


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def load(name: str) -> Progress:
    """The progress in a course. It is empty if there is no file, or if the file cannot be read as one: then only scores are lost."""
    try:
        document = read_json(path_of(name))
        return Progress(name, *({str(step): (int(pair[0]), int(pair[1])) for step, pair in document[key].items()} for key in ("scores", "predictions")))
    except (UntrustedFileError, KeyError, TypeError, ValueError, IndexError, AttributeError):
        return Progress(name)


def forget(name: str) -> None:
    path_of(name).unlink(missing_ok=True)
