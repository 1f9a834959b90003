"""function_names.py - one function under several names: what instruments call it, and what a person does.

Parts that the compiler cut off it, glibc's aliases (memmove and memcpy are the same code there; strtoul is __strtoul and
____strtoul_l_internal), and the variants of one libc function by CPU (valgrind's simulated one picks another than the real one).
"""

import re

COMPILER_PART = re.compile(r"\.(part|constprop|isra|cold|lto_priv)(\.\d+)?")
CPU_VARIANT = re.compile(r"_(evex512|evex|avx512|avx2|avx|sse2|sse4_[12]|ssse3)(?=_|$)")
LIBC_ALIAS = re.compile(r"^(__GI_)?(__libc_)?")
LIBC_INTERNAL = re.compile(r"(_l)?(_internal|_unaligned|_erms|_rtm|_nocancel|_generic)+$")


def plain_name(name: str) -> str:
    """For two instruments that watched one program."""
    plain = LIBC_ALIAS.sub("", CPU_VARIANT.sub("", COMPILER_PART.sub("", name)))
    return plain.replace("__memmove_", "__memcpy_")


def public_name(name: str) -> str:
    """As a person calls it: what is internal to a library has no underscores in front and no suffix behind. A name of the program's own is
    left as it is, but for the parts that the compiler cut off."""
    plain = plain_name(name)
    if not plain.startswith("_"):
        return LIBC_INTERNAL.sub("", plain) if LIBC_INTERNAL.search(plain) and name != plain else plain
    return LIBC_INTERNAL.sub("", plain.lstrip("_")).removeprefix("IO_")


def aliases_of(wanted: str, names) -> list[str]:
    """Of these names, those that are the same function as the wanted one. Where that is itself among them, of the others only what
    the language leaves to its implementation (two underscores): a program may have a `_sum` beside its `sum`."""
    names = set(names)
    others = sorted(name for name in names - {wanted} if public_name(name) == public_name(wanted))
    return [wanted, *(name for name in others if name.startswith("__"))] if wanted in names else others
