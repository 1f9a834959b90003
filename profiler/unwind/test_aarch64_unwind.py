"""The unwinder's unit tests on another machine: cross-compiled for AArch64, run by qemu-user.

cmocka is not packaged for a foreign machine: profiler/unwind/aarch64/cmocka.h stands in for it.
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
    subprocess.run(["make", f"build/aarch64/{name}"], check=True, capture_output=True, text=True)
    done = subprocess.run(["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", f"build/aarch64/{name}"],
                          capture_output=True, text=True, timeout=120)
    planned = int(re.search(r"^1\.\.(\d+)$", done.stdout, re.M)[1])
    passed = re.findall(r"^ok ", done.stdout, re.M)
    assert done.returncode == 0 and len(passed) == planned, done.stdout + done.stderr
