"""What files of settings say: which functions of the project they name, where, and which they train with.

Such a file is searched for words and not parsed: YAML alone has a dozen ways to write a string, its tags name
functions as well, and what lies around a word decides nothing but whether it is a loss or a metric.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from lossfix.losses.codebase.said import Named, Role, Shared, Use
from lossfix.losses.discovery.wording import words

SUFFIXES = (".cfg", ".ini", ".json", ".toml", ".yaml", ".yml")
"""The files that projects keep their settings in."""

LARGEST = 2_000_000
"""Bytes of such a file that are read at most: what is larger is data."""

_PATH = re.compile(r"[^\W\d]\w*(?:[.:][^\W\d]\w*)*(?![\w.:]*\w)")
_KEY = re.compile(r"(?P<key>[\w.-]+)[\"']?\s*[:=]|(?P<open>[\[{(])|(?P<close>[\])}])|(?P<next>,)")
_COMMENT = ("#", ";")
_METRICS = frozenset({"metric", "metrics"})
_LOSSES = frozenset({"loss", "losses", "criterion"})
_TRAINED = _LOSSES | {"train", "training", "custom"}
_OF_A_CALL = frozenset(
    "target class cls path fn func function callable name type module import python".split()
)
"""What keys say of how a path is written, and nothing of what it is for: ``_target_``, ``class_path``."""
_CALLED = frozenset({"target", "class", "cls", "type"})
"""What is named by such a key is called for the loss, unless only some of its parameters are set."""
_PARTIAL = re.compile(r"_partial_[\"']?\s*[:=]\s*true", re.IGNORECASE)
_OWN_TABLE = "[tool.lossfix"


def may_train(path: str, data: bytes) -> bool:
    """Whether a file of settings may name a loss under a key that says so."""
    return b"loss" in data or b"criterion" in data or any(map(_is_of_losses, _keys_of(path)))


def trained_by_settings(path: str, text: str) -> Shared:
    """The functions that a file of settings trains with, as its keys say: ``loss: project.losses.dice``.

    What is handed parameters there (``_target_: project.losses.focal``) is called for a loss; what is wrapped
    (``_partial_: true``) is one. What no key says more of is what the file is of: ``conf/loss/focal.yaml``.
    """
    settings = _Settings(text)
    of_losses = any(map(_is_of_losses, _keys_of(path)))
    uses = [
        Use(role, origin, match.row + 1, exact=True)
        for match in settings.paths()
        for role in _trained_as(settings, match, of_losses)
        for origin in _origins(match.path)
    ]
    return Shared(uses=tuple(dict.fromkeys(uses)))


def said_by_settings(text: str, names: Collection[str]) -> Shared:
    """What a file of settings says of the functions that are called so."""
    settings = _Settings(text)
    uses: list[Use] = []
    alone: list[Named] = []
    for match in settings.paths():
        name = match.path.replace(":", ".").rpartition(".")[2]
        if name not in names:
            continue
        if name == match.path:
            alone.append(Named(name, match.row + 1))
        is_metric = any(words(key) & _METRICS for key in settings.keys(match))
        for origin in _origins(match.path):
            uses += _uses(origin, match.row + 1, is_metric)
    return Shared(uses=tuple(dict.fromkeys(uses)), named=tuple(dict.fromkeys(alone)))


@dataclass(frozen=True)
class _Match:
    """A word, or several with dots between them, that a file of settings holds."""

    path: str
    row: int
    """From 0."""
    column: int


class _Settings:
    """A file of settings as lines, each below the nearest one that is indented less."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()

    def paths(self) -> Iterator[_Match]:
        """All that may name a function, but for comments and for what is our own."""
        own = False
        for row, line in enumerate(self.lines):
            start = line.lstrip()
            if start.startswith("["):
                own = start.startswith(_OWN_TABLE)
            if own or start.startswith(_COMMENT):
                continue
            for match in _PATH.finditer(line):
                yield _Match(match[0], row, match.start())

    def keys(self, match: _Match) -> Iterator[str]:
        """The keys under which something stands, the innermost first, as far as lines and indents tell."""
        yield from _keys_around(self.lines[match.row][: match.column])
        row = self._above[match.row]
        while row is not None:
            line = self.lines[row]
            yield from [line.strip("[] \t")] if _depth(line) < 0 else _keys_around(line)
            row = self._above[row]

    def block(self, match: _Match) -> Iterator[str]:
        """The lines that stand below the same one as something, and its own."""
        above = self._above[match.row]
        yield from (line for row, line in enumerate(self.lines) if self._above[row] == above)

    @cached_property
    def _above(self) -> list[int | None]:
        """Of each line the one that it stands below."""
        found: list[int | None] = []
        open_: list[tuple[float, int]] = []
        for row, line in enumerate(self.lines):
            if not line.strip() or line.lstrip().startswith(_COMMENT):
                found.append(None)
                continue
            depth = _depth(line)
            while open_ and open_[-1][0] >= depth:
                open_.pop()
            found.append(open_[-1][1] if open_ else None)
            open_.append((depth, row))
        return found


def _trained_as(settings: _Settings, match: _Match, of_losses: bool) -> Iterator[Role]:
    """What settings train with, by the innermost key that says more than how it is written."""
    if not re.search("[.:]", match.path):
        return
    called = False
    for key in settings.keys(match):
        own = words(key.rpartition(".")[2])
        called |= bool(own & _CALLED)
        if own - _OF_A_CALL:
            of_losses = _is_of_losses(key)
            break
    if of_losses:
        partial = called and any(map(_PARTIAL.search, settings.block(match)))
        yield Role.BUILT if called and not partial else Role.COMPILED


def _is_of_losses(key: str) -> bool:
    """Whether a key says that what stands there is trained with: ``loss_fn``, ``train.criterion``."""
    own = words(key.rpartition(".")[2]) - _OF_A_CALL
    return bool(own & _LOSSES) and own <= _TRAINED


def _keys_of(path: str) -> tuple[str, str]:
    """What a file of settings is of, by its name and its folder's."""
    folder, name = os.path.split(path)
    return os.path.splitext(name)[0], os.path.basename(folder)


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


def _keys_around(line: str) -> Iterator[str]:
    """The keys that a line has begun and not ended, the innermost first."""
    levels: list[list[str]] = [[]]
    for match in _KEY.finditer(line):
        if match["key"]:
            levels[-1].append(match["key"])
        elif match["open"]:
            levels.append([])
        elif match["next"]:
            levels[-1].clear()
        elif len(levels) > 1:
            levels.pop()
    for level in reversed(levels):
        yield from reversed(level)


def _depth(line: str) -> float:
    """How far a line is indented; an entry of a list stands below a key that is as far."""
    start = line.lstrip()
    if start.startswith("[") and "]" in start:
        return -1.0  # the head of a table
    return len(line) - len(start) + (0.5 if start.startswith("- ") else 0.0)
