"""bench_symbols.py - measures the naming of addresses in a debug file of 95 MB, beside addr2line and eu-addr2line.

Debian's libceph-common.so.2 (package librados2) and its own debug file (librados2-dbg, 107 MB to
download) are read cold: both files are dropped from the page cache before every run; root drops the whole cache. The addresses are
random ones in the library's code, and the same for all tools. This is harder than a profile, whose addresses are in few
units. The tools take turns in each round, forwards, then backwards. Tools that would take minutes get fewer addresses, and the
table states how many.

Two peaks of memory are shown: the resident memory, and the anonymous part of it, which no file contains and the kernel cannot take
back.

    /usr/bin/python3 profiler/symbols/bench_symbols.py [--addresses 3000] [--rounds 3]
"""

import argparse
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path("build/bench-symbols")
PACKAGES = ("librados2", "librados2-dbg")
RESOLVE = Path("build/tools/resolve_addresses").resolve()
SEED = 42

# The targets: the time to name a profile of 20 s, cold, and the most memory that the collector may occupy.
WALL_TARGET_S = 2.0
MEMORY_TARGET_MIB = 64
LOOK_EVERY_S = 0.005


@dataclass(frozen=True)
class Tool:
    name: str
    command: tuple[str, ...]
    addresses_count: int


@dataclass(frozen=True)
class Run:
    wall_s: float
    cpu_s: float
    answers_count: int
    resident_mib: float
    anonymous_mib: float


@dataclass
class Row:
    tool: Tool
    runs: list[Run] = field(default_factory=list)


def fetch() -> tuple[Path, Path]:
    """The library and its debug folder, unpacked from Debian's packages without installing them."""
    root = FOLDER.resolve() / "root"
    library = root / "usr/lib/x86_64-linux-gnu/ceph/libceph-common.so.2"
    if not library.exists():
        root.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=FOLDER, check=True)
        for package in FOLDER.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
            package.unlink()
    return library, root / "usr/lib/debug"


def debug_file(library: Path, folder: Path) -> Path:
    notes = subprocess.run(["readelf", "-n", str(library)], check=True, capture_output=True, text=True).stdout
    (build_id,) = re.findall(r"Build ID: ([0-9a-f]+)", notes)
    return folder / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug"


def draw_addresses(library: Path, count: int) -> list[str]:
    sections = subprocess.run(["readelf", "-SW", str(library)], check=True, capture_output=True, text=True).stdout
    (found,) = re.findall(r"\.text +PROGBITS +(\w+) \w+ (\w+)", sections)
    start, size = (int(n, 16) for n in found)
    draw = random.Random(SEED)
    return [f"{start + draw.randrange(size):#x}\n" for _ in range(count)]


def drop_from_cache(paths: list[Path]) -> None:
    """Drops the pages of these files from the page cache, which every user may do, and the whole cache of the machine if we are root."""
    for path in paths:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        pass


def memory_of(pid: int) -> dict[str, float]:
    """The MiB in /proc/PID/status by name; empty once the process has ended."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {name: int(kib) / 1024 for name, kib in re.findall(r"^(VmHWM|RssAnon):\s+(\d+)", text, re.M)}


def watch_memory(process: subprocess.Popen) -> dict[str, float]:
    """The highest value of each until the process ends. VmHWM is exact except for the last moment; RssAnon depends on how often it is read."""
    most = {"VmHWM": 0.0, "RssAnon": 0.0}
    while process.poll() is None:
        for name, mib in memory_of(process.pid).items():
            most[name] = max(most[name], mib)
        time.sleep(LOOK_EVERY_S)
    return most


def run_once(tool: Tool, addresses: list[str], files: list[Path]) -> Run:
    drop_from_cache(files)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile("w+") as asked, tempfile.TemporaryFile("w+") as answers:
        asked.writelines(addresses[:tool.addresses_count])
        asked.seek(0)
        start = time.monotonic()
        process = subprocess.Popen(tool.command, stdin=asked, stdout=answers, stderr=subprocess.DEVNULL)
        memory = watch_memory(process)
        wall_s = time.monotonic() - start
        if process.returncode:
            sys.exit(f"{tool.name} failed with {process.returncode}")
        answers.seek(0)
        answers_count = len(re.findall(r"^0x[0-9a-f]+", answers.read(), re.M))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall_s, cpu_s, answers_count, memory["VmHWM"], memory["RssAnon"])


def measure(tools: list[Tool], addresses: list[str], files: list[Path], rounds: int) -> list[Row]:
    rows = [Row(tool) for tool in tools]
    for _ in range(rounds):
        for row in [*rows, *reversed(rows)]:
            run = run_once(row.tool, addresses, files)
            if run.answers_count != row.tool.addresses_count:
                sys.exit(f"{row.tool.name}: {run.answers_count} answers for {row.tool.addresses_count} addresses")
            row.runs.append(run)
    return rows


def print_table(rows: list[Row]) -> None:
    def per_address(row: Row) -> float:
        return statistics.median(r.wall_s for r in row.runs) / row.tool.addresses_count

    print(f"{'tool':<16}{'addresses':>10}{'wall s':>9}{'min':>8}{'max':>8}{'cpu s':>8}{'RSS MiB':>9}{'anon MiB':>9}"
          "  per address")
    for row in rows:
        walls = [r.wall_s for r in row.runs]
        print(f"{row.tool.name:<16}{row.tool.addresses_count:>10}{statistics.median(walls):>9.2f}"
              f"{min(walls):>8.2f}{max(walls):>8.2f}{statistics.median(r.cpu_s for r in row.runs):>8.2f}"
              f"{max(r.resident_mib for r in row.runs):>9.1f}{max(r.anonymous_mib for r in row.runs):>9.1f}"
              f"  {per_address(row) / per_address(rows[0]):.1f} times clinic's")


def print_goal(label: str, value: float, target: float, unit: str) -> None:
    print(f"{'PASS' if value <= target else 'MISSED':<7} {label}: {value:.2f} {unit}, target at most {target:g}")


def print_goals(clinic: Row) -> None:
    print_goal("cold, median", statistics.median(r.wall_s for r in clinic.runs), WALL_TARGET_S, "s")
    print_goal("resident, most", max(r.resident_mib for r in clinic.runs), MEMORY_TARGET_MIB, "MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--addresses", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    library, folder = fetch()
    debug = debug_file(library, folder)
    tools = [
        Tool("clinic", (str(RESOLVE), str(library), str(folder)), arguments.addresses),
        Tool("addr2line -i", ("addr2line", "-afiC", "-e", str(debug)), arguments.addresses),
        Tool("eu-addr2line -i", ("eu-addr2line", "-afiC", "-e", str(debug)), max(1, arguments.addresses // 100)),
    ]
    print(f"{debug.stat().st_size / 1e6:.0f} MB debug file of {library.name}, cold, "
          f"{2 * arguments.rounds} runs of each tool")
    rows = measure(tools, draw_addresses(library, arguments.addresses), [library, debug], arguments.rounds)
    print_table(rows)
    print_goals(rows[0])


if __name__ == "__main__":
    main()
