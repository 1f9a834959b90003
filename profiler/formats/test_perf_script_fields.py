"""test_perf_script_fields.py - texts of `perf script` with various fields are read, also without a perf that makes them."""

import re

import pytest
from recorded_session import run

TEXTS = {
    "no time": ("app 4242 cpu-clock: \n\t          4005d0 leaf_one (/opt/app)\n\t          4005f1 main (/opt/app)\n\n"
                "app 4242 cpu-clock: \n\t          4005d8 leaf_two (/opt/app)\n\t          4005f1 main (/opt/app)\n\n",
                r"main;leaf_(one|two) 1", 2),
    "no time, no blank line": ("app  4242 cycles:\nffffffff8103d0ca leaf_kernel ([kernel.kallsyms])\n    4005f1 main (/opt/app)\n",
                               r"main;leaf_kernel(_\[k\])? 1", 1),
    "no period": ("node-v22 4242/4250 [001] 12.000100: cycles: \n\t     13a80b608e0a RegExp:[&<>\\\"] (/tmp/perf-4242.map)\n"
                  "\t     c6d7895aac9 LazyCompile:~body a.js:1 (/tmp/perf-4242.map)\n\t     4005f1 main (/opt/node)\n\n",
                  r"main;LazyCompile:~body a\.js:1;RegExp.*", 1),
    "two events": ("app 4242 12.000100: 250000 cycles:u: \n\t          4005d0 [unknown] (/opt/lib/libx.so)\n"
                   "\t          4005f1 main+0x12 (/opt/app)\n\napp 4242 12.000200: 1 page-faults: \n"
                   "\t          4005d8 touch (/opt/app)\n\t          4005f1 main (/opt/app)\n\n", r"main;.*libx\.so.*", 1),
    "a name of blanks and a number": ("my app 1 7/8 3.5: 9 cycles: \n\t 10 f (/opt/app)\n\t 20 main (/opt/app)\n\n", r"main;f \d+", 1),
    "no library": ("app 1 1.0: 5 cycles: \n\t 10 f\n\t 20 main\n\n", r"main;f \d+", 1),
    "carriage returns": ("app 1 1.0: 5 cycles: \r\n\t 10 f (/opt/app)\r\n\t 20 main (/opt/app)\r\n\r\n", r"main;f \d+", 1),
}


@pytest.mark.parametrize("case", TEXTS)
def test_each_gives_its_stacks(tmp_path, case):
    text, wanted, count = TEXTS[case]
    (tmp_path / "x.txt").write_bytes(text.encode())
    done = run("import", tmp_path / "x.txt", "-o", tmp_path / "x.json")
    assert done.returncode == 0, done.stderr
    done = run("export", tmp_path / "x.json", "-o", tmp_path / "x.collapsed")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "x.collapsed").read_text().splitlines()
    assert sum(bool(re.search(f"{wanted}$", line)) for line in lines) == count, lines
