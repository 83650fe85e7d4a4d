"""An author's YAML file read without guesses: every scalar is text and knows the line it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import yaml

from fhirsvc.knowledge.faults import Fault, Faulty

_LOADER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader


class Text(str):
    """One scalar exactly as written: `no` is "no" and `1.10` is "1.10"; quoted = it stood between quotation marks."""

    __slots__ = ("line", "quoted")
    line: int
    quoted: bool


class Rows(list["Authored"]):
    """A list, with the line it begins on."""

    line: int = 0


class Entries(dict[Text, "Authored"]):
    """A mapping, with the line it begins on; each key knows its own line."""

    line: int = 0


Authored: TypeAlias = Text | Rows | Entries


def read_yaml(path: Path, name: str) -> Entries:
    """The file's mapping; `name` is what a Fault calls the file.

    Raises Faulty when the file is no YAML, holds anything but one mapping, or says one key twice.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise Faulty([_unreadable(name, error)]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        do = "Save it as plain UTF-8 text without control characters."
        raise Faulty([Fault(name, 0, "The file is not readable as text.", do)]) from error
    if not isinstance(node, yaml.MappingNode):
        raise Faulty(
            [Fault(name, 1, "The file does not begin with a name and a colon.", "Begin it with `name: value`.")]
        )
    faults: list[Fault] = []
    entries = _entries(node, name, faults)
    if faults:
        raise Faulty(faults)
    return entries


def _unreadable(name: str, error: yaml.MarkedYAMLError) -> Fault:
    line = error.problem_mark.line + 1 if error.problem_mark else 0
    says = f"YAML cannot be read here: {error.problem or 'the text breaks off'}."
    return Fault(
        name, line, says, "Look for a missing colon, quotation mark, bracket or a wrong indent on or above the line."
    )


def _authored(node: yaml.Node, name: str, faults: list[Fault]) -> Authored:
    if isinstance(node, yaml.MappingNode):
        return _entries(node, name, faults)
    if isinstance(node, yaml.SequenceNode):
        rows = Rows(_authored(child, name, faults) for child in node.value)
        rows.line = node.start_mark.line + 1
        return rows
    return _text(node)


def _entries(node: yaml.MappingNode, name: str, faults: list[Fault]) -> Entries:
    entries = Entries()
    entries.line = node.start_mark.line + 1
    for key_node, value_node in node.value:
        key = _text(key_node)
        if key in entries:
            faults.append(Fault(name, key.line, f"'{key}' is said twice here.", "Keep one of the two."))
        entries[key] = _authored(value_node, name, faults)
    return entries


def _text(node: yaml.Node) -> Text:
    text = Text(node.value if isinstance(node, yaml.ScalarNode) else "")
    text.line = node.start_mark.line + 1
    text.quoted = isinstance(node, yaml.ScalarNode) and bool(node.style)
    return text
