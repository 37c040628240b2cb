"""The parts of a Nextflow process that a test can read without Nextflow: sections, declarations, and scripts filled in.

Only the few forms of Groovy that our module is written in are understood; any other is an error, never a guess.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

SECTIONS = ("input", "output", "when", "script", "stub")
ASSIGNED = re.compile(r"^(?:def )?(\w+) = (.+)$")
EITHER = re.compile(r"""^([\w.]+) \?: (?:''|"(.*)")$""")
CHOSEN = re.compile(r"""^(\w+) \? "(.*)" : ''$""")


def sections(text: str) -> dict[str, str]:
    """The body of a process by section; what stands before the first is `head`."""
    found, name = {"head": ""}, "head"
    for line in text.splitlines():
        label = re.fullmatch(r"    (\w+):", line)
        if label:
            assert label[1] in SECTIONS, label[1]
            name = label[1]
        found[name] = found.get(name, "") + ("" if label else line + "\n")
    return found


def emits(output: str) -> dict[str, tuple[str, bool]]:
    """Outputs by name: their pattern, and whether they may be absent."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    found = {}
    for line in lines:
        pattern, name = re.search(r'path\(?\s*"([^"]+)"', line), re.search(r"emit: (\w+)", line)
        assert pattern, line
        assert name, line
        found[name[1]] = (pattern[1], "optional: true" in line)
    return found


def inputs(text: str) -> list[list[str]]:
    """Names of the inputs, those of a tuple together."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [re.findall(r"\b(?:val|path)\(?\s*(\w+)", line) for line in lines]


def shell(section: str, values: Mapping[str, str]) -> str:
    """The shell script that Nextflow would write for a `script:` or `stub:` section.

    Parameters
    ----------
    values
        What Nextflow knows, such as ``counts`` or ``task.ext.args``; what is not in it is null.
    """
    known = dict(values)
    before, script, after = section.split('"""')
    assert not after.strip("}\n "), after
    for line in filter(None, map(str.strip, before.splitlines())):
        assigned = ASSIGNED.match(line)
        assert assigned, line
        known[assigned[1]] = _expression(assigned[2], known)
    # dedented, as Nextflow does it: a here-document ends with a word at the start of a line
    return textwrap.dedent(_unescape(_fill(script, known)))


def _expression(text: str, known: Mapping[str, str]) -> str:
    either, chosen = EITHER.match(text), CHOSEN.match(text)
    if either:
        return known.get(either[1]) or _fill(either[2] or "", known)
    assert chosen, f"not a form that this test understands: {text}"
    return _fill(chosen[2], known) if known.get(chosen[1]) else ""


def _fill(text: str, known: Mapping[str, str]) -> str:
    return re.sub(r"(?<!\\)\$\{([\w.]+)\}", lambda match: known[match[1]], text)


def _unescape(text: str) -> str:
    return re.sub(r"\\([\\$])", r"\1", text)
