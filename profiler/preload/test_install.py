"""`make install` gives another project everything that it needs to limit the allocations of its stages in its own CI."""

import os
import subprocess

PROGRAM = """
#include <clinic/assert_alloc.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	(void)argv;
	clinic_assert_no_alloc("hot");
	clinic_stage_begin("hot");
	if (argc > 1) {
		void *volatile block = malloc(8);
		free(block);
	}
	clinic_stage_end("hot");
	return 0;
}
"""


def test_another_project_uses_it_by_pkg_config(tmp_path):
    prefix = tmp_path / "prefix"
    subprocess.run(["make", "install", f"PREFIX={prefix}"], check=True, capture_output=True, timeout=120)
    environment = os.environ | {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "clinic"], env=environment, check=True,
                           capture_output=True, text=True).stdout.split()
    version = subprocess.run(["pkg-config", "--modversion", "clinic"], env=environment, check=True,
                             capture_output=True, text=True).stdout
    assert version.strip()
    for compiler, name in (("gcc", "hot.c"), ("g++", "hot.cc")):
        (tmp_path / name).write_text(PROGRAM)
        subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-g", *flags, tmp_path / name, "-o",
                        tmp_path / "hot"], check=True, capture_output=True, timeout=60)
        assert subprocess.run([tmp_path / "hot", "x"], timeout=10).returncode == 0
        watched = environment | {"LD_PRELOAD": str(prefix / "lib/libclinic-preload.so")}
        assert subprocess.run([tmp_path / "hot"], env=watched, timeout=10).returncode == 0
        breach = subprocess.run([tmp_path / "hot", "x"], env=watched, timeout=10, capture_output=True, text=True)
        assert breach.returncode == 97
        assert f"{name}:" in breach.stderr  # named by the installed clinic
