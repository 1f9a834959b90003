"""The unwinder's unit tests pass on another machine: they are cross-compiled for AArch64 and run by qemu-user.

hardening/machines/machines.mk describes the compilers; gate 04 does the same with everything that is portable, for more machines.
"""

import re
import shutil
import subprocess

import pytest

TOOLS = {"aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu", "qemu-aarch64": "qemu-user"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cfi_test", "cfi_expression_test", "cfi_section_test", "registers_test",
                                  "unwind_test", "unwind_chain_test", "unwind_signal_test"])
def test_passes_on_aarch64(name):
    for tool, package in TOOLS.items():
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed (Debian package {package})")
    program = f"build/machines/aarch64/tests/{name}"
    subprocess.run(["make", "MACHINE=aarch64", program], check=True, capture_output=True, text=True)
    done = subprocess.run(["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", program], capture_output=True, text=True, timeout=120)
    planned = int(re.search(r"^1\.\.(\d+)$", done.stdout, re.M)[1])
    passed = re.findall(r"^ok ", done.stdout, re.M)
    assert done.returncode == 0 and len(passed) == planned, done.stdout + done.stderr
