"""hyperfine.py - time whole commands from exec to exit; hyperfine's output is kept verbatim.

Format  hyperfine --export-json: results[].{command,times[],user,system,exit_codes[]}, seconds.
"""

import json
import shlex
import tempfile
from pathlib import Path
from typing import Any

from labkit.host import first_line
from labkit.instruments import run_tool
from labkit.instruments.perf import pinned


def version() -> str:
    return first_line("hyperfine", "--version")


def time_commands(commands: dict[str, list[str]], *, runs_count: int, cpu: int | None, timeout_s: float, stdin: Path | None = None,
                  expect_exit: int = 0, prepare: str | None = None, **how: Any) -> dict:
    """{name: argv} -> hyperfine's own JSON. All commands run on the same CPU (None: on any), without a
    shell, but for one that opens stdin and becomes the command: hyperfine has --input from 1.16 on, and Debian 12 has 1.15.
    prepare: a shell command that runs before each run, and is not timed."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        output = Path(folder) / "hyperfine.json"
        argv = [*pinned(["hyperfine", "--shell=none"], cpu), "--warmup", "2", "--runs", str(runs_count),
                "--style", "none", "--export-json", str(output)]
        argv += ["--ignore-failure"] if expect_exit else []
        argv += ["--prepare", shlex.join(["sh", "-c", prepare])] if prepare else []
        for name, command in commands.items():
            reading = ["sh", "-c", 'exec "$@" <"$0"', str(stdin), *command] if stdin else command
            argv += ["--command-name", name, shlex.join(reading)]
        run_tool(argv, timeout_s=timeout_s, **how)
        return json.loads(output.read_text())
