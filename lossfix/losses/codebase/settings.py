"""What files of settings say: which functions of the project they name, and where.

Such a file is searched for words and not parsed: YAML alone has a dozen ways to write a string, its tags name
functions as well, and what lies around a word decides nothing but whether it is a metric.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from lossfix.losses.codebase.said import Named, Role, Shared, Use
from lossfix.losses.discovery.wording import words

SUFFIXES = (".cfg", ".ini", ".json", ".toml", ".yaml", ".yml")
"""The files that projects keep their settings in."""

LARGEST = 2_000_000
"""Bytes of such a file that are read at most: what is larger is data."""

_PATH = re.compile(r"[^\W\d]\w*(?:[.:][^\W\d]\w*)*(?![\w.:]*\w)")
_KEY = re.compile(r"([\w.-]+)[\"']?\s*[:=]|^\s*\[+([^\]]*)\]")
_COMMENT = ("#", ";")
_METRICS = frozenset({"metric", "metrics"})
_OWN_TABLE = "[tool.lossfix"


def said_by_settings(text: str, names: Collection[str]) -> Shared:
    """What a file of settings says of the functions that are called so."""
    uses: list[Use] = []
    alone: list[Named] = []
    lines = text.splitlines()
    own = False
    for number, line in enumerate(lines, start=1):
        start = line.lstrip()
        if start.startswith("["):
            own = start.startswith(_OWN_TABLE)
        if own or start.startswith(_COMMENT):
            continue
        for match in _PATH.finditer(line):
            path = match[0].replace(":", ".")
            name = path.rpartition(".")[2]
            if name not in names:
                continue
            if name == path:
                alone.append(Named(name, number))
            is_metric = any(
                words(key) & _METRICS for key in _keys(lines, number - 1, match.start())
            )
            for origin in _origins(match[0]):
                uses += _uses(origin, number, is_metric)
    return Shared(uses=tuple(dict.fromkeys(uses)), named=tuple(dict.fromkeys(alone)))


def _uses(origin: str, line: int, is_metric: bool) -> Iterator[Use]:
    reason = "names it, by which it may be looked up and called"
    for role in (Role.FUNCTION, Role.RESULT):
        yield Use(role, origin, line, reason, exact=True)
    if is_metric:
        yield Use(Role.METRIC, origin, line, exact=True)


def _origins(path: str) -> Iterator[str]:
    """What ``gap:pack.losses.dice`` may name: a key or a tag can stand before a path without a space."""
    parts = path.split(":")
    for number in range(len(parts)):
        origin = ".".join(parts[number:])
        if "." in origin:
            yield origin


def _keys(lines: Sequence[str], row: int, column: int) -> Iterator[str]:
    """The keys under which something stands, the innermost first, as far as lines and indents tell."""
    yield from _keys_in(lines[row][:column])
    depth = _depth(lines[row])
    for line in reversed(lines[:row]):
        if line.strip() and not line.lstrip().startswith(_COMMENT) and _depth(line) < depth:
            depth = _depth(line)
            yield from _keys_in(line)


def _keys_in(line: str) -> Iterator[str]:
    found = [one or other for one, other in _KEY.findall(line)]
    yield from reversed(found)


def _depth(line: str) -> float:
    """How far a line is indented; an entry of a list stands below a key that is as far."""
    start = line.lstrip()
    if start.startswith("[") and "]" in start:
        return -1.0  # the head of a table
    return len(line) - len(start) + (0.5 if start.startswith("- ") else 0.0)
