"""host.py - which machine this is, and whether it is fit to measure on.  /proc, /sys -> host.py -> Host

The fingerprint hashes stable identifiers only: a hash over values that drift (bogomips, load) makes one
machine look like two. Values that drift are kept beside it. What limits the machine becomes a finding and is not printed.
"""

import ctypes
import functools
import hashlib
import json
import os
import platform
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from labkit.outcome import LabError


@dataclass(frozen=True)
class Finding:
    """A warning that the report prints at its top: what was found, and what it means for the results."""

    level: str  # note, warning, error
    subject: str
    text: str
    cost: str = ""

    def to_json(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Host:
    stable: dict[str, str | int]
    unstable: dict[str, float | int | None]

    @property
    def fingerprint(self) -> str:
        text = json.dumps(self.stable, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict:
        return {"fingerprint": self.fingerprint, "stable": self.stable, "unstable": self.unstable}


def read_host() -> Host:
    if not Path("/proc/stat").exists():
        raise LabError("/proc is not mounted, so the machine and its load cannot be read: mount -t proc proc /proc")
    return Host(stable=_stable(), unstable=_unstable())


@functools.lru_cache(maxsize=None)
def fingerprint() -> str:
    """The hash of the stable identifiers; evidence from another fingerprint is stale."""
    return Host(_stable(), {}).fingerprint


def _read(path: str, default: str = "") -> str:
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return default


def _cpu_field(name: str) -> str:
    for line in _read("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def first_line(*argv: str) -> str:
    """First line a command prints, or 'absent'."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "absent"
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "absent"


def _virtualization() -> str:
    if "hypervisor" in _cpu_field("flags").split():
        return _read("/sys/class/dmi/id/sys_vendor") or _read("/sys/hypervisor/type") or "hypervisor"
    return "none"


def _container() -> str:
    if Path("/.dockerenv").exists():
        return "docker"
    return _read("/run/systemd/container") or "none"


@functools.lru_cache(maxsize=None)
def _stable() -> dict[str, str | int]:
    return {
        "cpu_model": _cpu_field("model name"),
        "architecture": platform.machine(),
        "cores_count": os.cpu_count() or 1,
        "microcode": _cpu_field("microcode"),
        "kernel": platform.release(),
        "compiler": first_line(os.environ.get("CC", "gcc"), "--version"),
        "libc": _libc_version(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "not exposed"),
        "virtualization": _virtualization(),
        "container": _container(),
    }


def _libc_version() -> str:
    name, version = platform.libc_ver()
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version.restype = ctypes.c_char_p
        return f"glibc {libc.gnu_get_libc_version().decode()}"
    except (OSError, AttributeError):
        return f"{name} {version}"


def _memory_available_bytes() -> int | None:
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _steal_ratio() -> float:
    """Share of CPU time since boot that the hypervisor gave to others (field 8 of /proc/stat, proc(5))."""
    fields = [int(text) for text in _read("/proc/stat").splitlines()[0].split()[1:9]]
    return round(fields[7] / max(1, sum(fields)), 6)


def _unstable() -> dict[str, float | int | None]:
    return {
        "load1_ratio": round(os.getloadavg()[0] / (os.cpu_count() or 1), 4),
        "steal_ratio": _steal_ratio(),
        "frequency_mhz": float(_cpu_field("cpu MHz")) if _cpu_field("cpu MHz") != "unknown" else None,
        "memory_available_bytes": _memory_available_bytes(),
        "perf_event_paranoid": int(_read("/proc/sys/kernel/perf_event_paranoid", "4")),
        "aslr": int(_read("/proc/sys/kernel/randomize_va_space", "0")),
    }


def has_pmu() -> bool:
    """True when the kernel exposes a CPU PMU: hardware counters, not simulated ones."""
    return any(Path("/sys/bus/event_source/devices").glob("cpu*"))


def has_tool(name: str) -> bool:
    return shutil.which(name) is not None


def measuring_cpu() -> int:
    """The CPU that patients are pinned to: the last one we may use, because interrupts favour the first."""
    return max(os.sched_getaffinity(0))


def findings(host: Host) -> list[Finding]:
    """What a reader must know about this machine before reading any number."""
    found = []
    if host.stable["virtualization"] != "none":
        found.append(Finding("note", "machine", f"a virtual machine ({host.stable['virtualization']})",
                             "neighbours may steal time; every comparison is interleaved for that reason"))
    if not has_pmu():
        found.append(Finding("warning", "counters", "no CPU performance counters are exposed here",
                             "cache and branch figures are simulated by cachegrind, and labelled so"))
    if host.stable["cores_count"] == 1:
        found.append(Finding("warning", "machine", "one core only", "the lab and the program under test share it"))
    return found
