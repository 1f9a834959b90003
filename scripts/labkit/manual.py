"""manual.py - the manual page and the shell completion of lab, from its own option tables.  command_line -> manual -> docs

No verb and no option is named here: both pages are generated from the argparse tables that parse them, and a test
compares the committed pages with the program (scripts/labkit/test_manual.py).

Format  man(7) macros as groff reads them; bash's programmable completion (bash manual, "Programmable Completion").
"""

import argparse
from dataclasses import dataclass

from labkit import VERSION
from labkit.command_line import DESCRIPTION, add_verb, lab_parser, verb_names
from labkit.outcome import MEANINGS
from labkit.verbs import description


@dataclass(frozen=True)
class Option:
    """One argument of a verb. names: its option strings, or the metavar of a positional. value: the metavar of its value, "" for a flag."""

    names: tuple[str, ...]
    value: str
    help: str
    choices: tuple[str, ...]
    is_positional: bool
    is_optional: bool


@dataclass(frozen=True)
class Verb:
    name: str
    summary: str
    description: list[str]
    options: tuple[Option, ...]


def verbs() -> list[Verb]:
    """Every verb with its options, read from its parser."""
    _, place = lab_parser()
    return [Verb(name, parser.description or "", description(name),
                 tuple(_option(one) for one in parser._actions if not isinstance(one, argparse._HelpAction)))
            for name in verb_names() for parser in [add_verb(place, name, whole=True)]]


def _option(action: argparse.Action) -> Option:
    choices = tuple(map(str, action.choices or ()))
    value = "" if action.nargs == 0 else str(action.metavar or ("|".join(choices) if 0 < len(choices) <= 4
                                                               else action.dest.upper()))
    return Option(tuple(action.option_strings) or (value,), value, argparse.HelpFormatter("lab")._expand_help(action).strip(), choices,
                  not action.option_strings, action.nargs in ("?", "*") or bool(action.option_strings and not action.required))


def manual_page(found: list[Verb]) -> str:
    """The text of the manual page lab(1)."""
    lines = [f'.TH LAB 1 "" "Perf Clinic {VERSION}" "Perf Clinic"', ".SH NAME", rf"lab \- {escape(DESCRIPTION)}",
             ".SH SYNOPSIS", *(line for verb in found for line in _synopsis(verb)), ".SH DESCRIPTION",
             escape("lab works on the repository in which it is started. The make targets of the same names call it."),
             ".SH VERBS"]
    for verb in found:
        lines += [f".SS {escape(verb.name)}", escape(_sentence(verb.summary))]
        lines += [part for paragraph in verb.description for part in (".PP", escape(paragraph))]
        lines += [part for option in verb.options for part in _entry(option)]
    lines += [".SH EXIT STATUS"]
    lines += [part for code, meaning in MEANINGS.items() for part in (".TP", f".B {code.value}", escape(meaning))]
    lines += [".SH SEE ALSO", r".BR clinic (1)", ""]
    return "\n".join(lines)


def _synopsis(verb: Verb) -> list[str]:
    words = [_bracketed(option) for option in verb.options]
    return [rf".B lab {escape(verb.name)}", *words, ".br"]


def _bracketed(option: Option) -> str:
    text = rf"\fI{escape(option.value)}\fR" if option.is_positional else rf"\fB{escape(option.names[0])}\fR"
    if option.value and not option.is_positional:
        text += rf" \fI{escape(option.value)}\fR"
    return f"[{text}]" if option.is_optional else text


def _entry(option: Option) -> list[str]:
    names = ", ".join(rf"\fB{escape(name)}\fR" for name in option.names)
    if option.is_positional:
        names = rf"\fI{escape(option.value)}\fR"
    elif option.value:
        names += rf" \fI{escape(option.value)}\fR"
    more = f" Accepted: {', '.join(option.choices)}." if len(option.choices) > 4 else ""
    return [".TP", names, escape(_sentence(option.help) + more)]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")


def escape(text: str) -> str:
    """The text in a form that groff prints unchanged: hyphens can be copied, and no line starts with a macro."""
    text = " ".join(text.split()).replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text[:1] in (".", "'") else text


def completion(found: list[Verb]) -> str:
    """The script for bash. It completes verbs, the options of a verb, their values where they are known, and workloads."""
    cases = "\n".join(_case(verb) for verb in found)
    return f"""# bash completion for lab, generated from its option tables; source this file, or install it with `make install`.
_lab()
{{
	local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} options= values= workloads=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "{' '.join(verb.name for verb in found)}" -- "$word"))
		return
	fi
	case ${{COMP_WORDS[1]}} in
{cases}
	esac
	if [ -n "$values" ]; then
		COMPREPLY=($(compgen -W "$values" -- "$word"))
	elif [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$options" -- "$word"))
	elif [ -n "$workloads" ]; then
		COMPREPLY=($(compgen -W "$(cd workloads 2>/dev/null && echo */ | tr -d /)" -- "$word"))
	fi
}}
complete -o default -F _lab lab
"""


def _case(verb: Verb) -> str:
    options = [name for option in verb.options if not option.is_positional for name in option.names]
    lines = [f"\t{verb.name})", f'\t\toptions="{" ".join(options)}"']
    if any(option.is_positional and option.value == "WORKLOAD" for option in verb.options):
        lines.append("\t\tworkloads=1")
    valued = [option for option in verb.options if option.choices and not option.is_positional]
    if valued:
        lines += ["\t\tcase $previous in",
                  *(f'\t\t{"|".join(option.names)}) values="{" ".join(option.choices)}" ;;' for option in valued),
                  "\t\tesac"]
    return "\n".join([*lines, "\t\t;;"])
