"""function_names.py - one function under several names: those that instruments print, and the one that people use.

The names differ by suffixes of parts that the compiler split off, by glibc's aliases (memmove and memcpy are the same code
there; strtoul is __strtoul and ____strtoul_l_internal; free is cfree@GLIBC_2.2.5), and by variants of a libc function per CPU (valgrind's simulated CPU
selects another variant than the real one). Some instruments append the version of a symbol, as in cfree@GLIBC_2.2.5.
"""

import re

COMPILER_PART = re.compile(r"\.(part|constprop|isra|cold|lto_priv)(\.\d+)?")
CPU_VARIANT = re.compile(r"_(evex512|evex|avx512|avx2|avx|sse2|sse4_[12]|ssse3)(?=_|$)")
LIBC_ALIAS = re.compile(r"^(__GI_)?(__libc_)?(_+(?=pthread_))?")
VERSION = re.compile(r"@@?[A-Z]+_[0-9.]+$")
LIBC_INTERNAL = re.compile(r"(_l)?(_internal|_unaligned|_erms|_rtm|_nocancel|_generic)+$")


def plain_name(name: str) -> str:
    """The name by which the functions of two instruments are compared."""
    plain = LIBC_ALIAS.sub("", CPU_VARIANT.sub("", COMPILER_PART.sub("", VERSION.sub("", name))))
    return "free" if name.startswith("cfree@") else plain.replace("__memmove_", "__memcpy_")


def public_name(name: str) -> str:
    """The name that people use: names internal to a library lose leading underscores and suffixes. Names of the program itself lose
    only the suffixes of parts that the compiler split off."""
    plain = plain_name(name)
    if not plain.startswith("_"):
        return LIBC_INTERNAL.sub("", plain) if LIBC_INTERNAL.search(plain) and name != plain else plain
    return LIBC_INTERNAL.sub("", plain.lstrip("_")).removeprefix("IO_")


def aliases_of(wanted: str, names) -> list[str]:
    """Those of the names that are the same function as the wanted one. Where the wanted name itself is among them, other names count
    only with two leading underscores, which are reserved for the implementation: a program may have both `_sum` and `sum`."""
    names = set(names)
    others = sorted(name for name in names - {wanted} if public_name(name) == public_name(wanted))
    return [wanted, *(name for name in others if name.startswith("__"))] if wanted in names else others
