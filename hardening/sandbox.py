"""sandbox.py - a small repository for one test: our tools, but its own workloads, fixtures and reports.

The lab works in the folder in which it is started, so a test that adds versions or damages fixtures does it here.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = ("profiler", "hardening", "templates", "scripts", "docs", "Makefile")
INCLUDED = ("fixtures/fixtures.mk", "workloads/workloads.mk")  # by the Makefile
BUILT = ("bin", "lib", "victims", "fixtures-tools")


class Sandbox:
    def __init__(self, folder: Path, template: str = "sick_workload", name: str = "sick",
                 is_timed: bool = True):
        self.folder, self.name = folder, name
        for shared in SHARED:
            (folder / shared).symlink_to(ROOT / shared)
        (folder / "build").mkdir()
        for built in BUILT:
            (folder / "build" / built).symlink_to(ROOT / "build" / built)
        (folder / "fixtures").mkdir()
        shutil.copytree(ROOT / "hardening" / template, folder / "workloads" / name)
        for included in INCLUDED:
            (folder / included).symlink_to(ROOT / included)
        if is_timed:
            self.lab("fixtures", name, "--bless", expect=0)

    def audit(self, **options) -> subprocess.CompletedProcess:
        """An audit that must end with a sealed report. By design the canary gives a false alarm in one audit of a hundred, and then the
        same command measures again. It is repeated here, because otherwise a dozen audits would fail one time in ten."""
        for _ in range(3):
            done = self.lab("audit", self.name, "--budget", "quick", **options)
            if "environment invalid: the canary" not in done.stderr:
                break
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    def lab(self, *argv: str, prefix: tuple[str, ...] = (), expect: int | None = None, **options) -> subprocess.CompletedProcess:
        """prefix: the command line of a program that starts lab, for example one that forbids a system call. expect: the exit code."""
        given: dict[str, Any] = {"timeout": 600, **options}
        done = subprocess.run([*prefix, "/usr/bin/python3", "-B", str(ROOT / "scripts" / "lab"), *argv], cwd=self.folder,
                              capture_output=True, text=True, **given)
        if expect is not None:
            assert done.returncode == expect, f"lab {argv}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def make(self, *words: str) -> subprocess.CompletedProcess:
        """Runs make, as a person would, but with the instruments that are built."""
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        return subprocess.run(["make", "--assume-old=instruments", *words], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600)

    @property
    def manifest(self) -> Path:
        return self.folder / "workloads" / self.name / "workload.toml"

    def keep_candidates(self, *ids: str) -> None:
        """Removes all other candidates from the manifest."""
        head, *candidates = self.manifest.read_text().split("[[candidate]]")
        kept = [one for one in candidates if any(f'= "{name}"' in one for name in ids)]
        self.manifest.write_text("[[candidate]]".join([head, *kept]))

    def versions(self) -> list[Path]:
        return sorted((self.folder / "reports" / self.name).glob("v*"))

    def environment_without(self, tool: str) -> dict[str, str]:
        """An environment whose PATH is one folder with links to every program except this tool."""
        links = self.folder / "bin-without"
        links.mkdir(exist_ok=True)
        for folder in ("/usr/bin", "/bin", "/usr/sbin"):
            for path in Path(folder).iterdir():
                target = links / path.name
                if path.name != tool and not target.is_symlink():
                    target.symlink_to(path)
        return {**os.environ, "PATH": str(links)}
