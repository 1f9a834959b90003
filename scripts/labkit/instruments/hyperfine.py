"""hyperfine.py - whole-command timing, from exec to exit, kept verbatim.

Format  hyperfine --export-json: results[].{command,times[],user,system,exit_codes[]}, seconds.
"""

import json
import shlex
import tempfile
from pathlib import Path

from labkit.host import first_line
from labkit.instruments import run_tool


def version() -> str:
    return first_line("hyperfine", "--version")


def time_commands(commands: dict[str, list[str]], *, runs_count: int, cpu: int, timeout_s: float) -> dict:
    """{name: argv} -> hyperfine's own JSON. The same CPU for all; no shell between."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        output = Path(folder) / "hyperfine.json"
        argv = ["taskset", "-c", str(cpu), "hyperfine", "--shell=none", "--warmup", "2", "--runs", str(runs_count),
                "--style", "none", "--export-json", str(output)]
        for name, command in commands.items():
            argv += ["--command-name", name, shlex.join(command)]
        run_tool(argv, timeout_s=timeout_s)
        return json.loads(output.read_text())
