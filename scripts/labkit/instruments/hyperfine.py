"""hyperfine.py - time whole commands from exec to exit; hyperfine's output is kept verbatim.

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
    """{name: argv} -> hyperfine's own JSON. All commands run on the same CPU, without a shell."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        output = Path(folder) / "hyperfine.json"
        argv = ["taskset", "-c", str(cpu), "hyperfine", "--shell=none", "--warmup", "2", "--runs", str(runs_count),
                "--style", "none", "--export-json", str(output)]
        for name, command in commands.items():
            argv += ["--command-name", name, shlex.join(command)]
        run_tool(argv, timeout_s=timeout_s)
        return json.loads(output.read_text())
