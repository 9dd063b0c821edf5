"""The ``def`` lines of a file, read off its bytes as a parser would."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.discovery.wording import LOSS_WORDS, names_a_loss, pair_of

LETTER = rb"[\w\x80-\xff]"
WORD = LETTER + b"+"
NAME = re.compile(WORD)
GAP = rb"(?:\s|\\\n|#[^\n]*\n)*"
"""What may stand between two parts of an expression."""
BRACKET = re.compile(rb"[][(){},]")
_HEAD = re.compile(rb"^([ \t]*)(?:async[ \t]+)?def\s+(%s)\s*\(" % WORD, re.MULTILINE)
_FUNCTION = re.compile(rb"def\s+(%s)" % WORD)
_LOSS_WORD = re.compile("|".join(sorted(LOSS_WORDS)).encode(), re.IGNORECASE)
_BRACKETED = re.compile(rb"\([^][(){}]*\)|\[[^][(){}]*\]|\{[^][(){}]*\}")
"""An innermost pair of brackets with what is in it."""
QUOTED = re.compile(
    rb"#[^\n]*"
    rb"|\"\"\"[^\"\\]*(?:(?:\\.|\"(?!\"\"))[^\"\\]*)*\"\"\"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    rb"|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'",
    re.DOTALL,
)
"""A comment or a string."""


def has(data: bytes, words: Collection[bytes]) -> bool:
    """Whether any of some words stands in a file, be it within another one."""
    return any(word in data for word in words)


@dataclass(frozen=True)
class Head:
    """The ``def`` line of a function."""

    depth: int
    """How far it is indented, in characters."""
    name: bytes
    parameters: bytes
    start: int
    """Where it stands."""


def heads(data: bytes) -> Iterator[Head]:
    """All of them, in their order."""
    for match in _HEAD.finditer(data):
        depth, end = 0, len(data)
        for bracket in BRACKET.finditer(data, match.end()):
            if bracket[0] in b"([{":
                depth += 1
            elif bracket[0] in b")]}":
                depth -= 1
            if depth < 0:
                end = bracket.start()
                break
        yield Head(len(match[1]), match[2], data[match.end() : end], match.start())


@lru_cache(maxsize=1)
def named_losses(data: bytes) -> tuple[bytes, ...]:
    """The names of the functions whose names say that they are losses."""
    return tuple(filter(is_loss_name, _FUNCTION.findall(data)))


@lru_cache(maxsize=4096)
def is_loss_name(name: bytes) -> bool:
    """Whether a name says that it is a loss's."""
    return _LOSS_WORD.search(name) is not None and names_a_loss(name.decode("utf-8", "replace"))


def required(head: Head) -> int:
    """How many parameters have no default, at least; 0 where that cannot be told."""
    parts = _parts(head) or []
    return sum(1 for part in parts if part[:1] not in b"*/" and b"=" not in part)


def takes_a_pair(head: Head, settings: Settings) -> bool:
    """Whether a function may take targets and predictions; true where that cannot be told."""
    parameters = _names(head)
    if parameters is None:
        return True
    if b"true" in b"".join(parameters[:-1]).lower():
        return True
    return any(_is_pair(first, second, settings) for first, second in pairwise(parameters))


def _names(head: Head) -> list[bytes] | None:
    """The names of the first positional parameters; ``None`` where they cannot be told apart."""
    parts = _parts(head)
    if parts is None:
        return None
    names: list[bytes] = []
    for part in parts:
        if part == b"/":
            continue
        name = NAME.match(part)
        if name is None or len(names) == 3:
            break
        names.append(name[0])
    return names


def _parts(head: Head) -> list[bytes] | None:
    """The parameters, without brackets and strings; ``None`` where they cannot be told apart."""
    text = QUOTED.sub(b"", head.parameters).replace(b"\\\n", b" ")
    while (less := _BRACKETED.sub(b"", text)) != text:
        text = less
    if BRACKET.search(text.replace(b",", b"")) or b'"' in text or b"'" in text:
        return None
    return [part for each in text.split(b",") if (part := each.strip())]


@lru_cache(maxsize=4096)
def _is_pair(first: bytes, second: bytes, settings: Settings) -> bool:
    names = [each.decode("utf-8", "replace") for each in (first, second)]
    return pair_of(names, settings) is not None
