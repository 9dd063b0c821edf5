"""Lines of text: how they end, which of them changed, and what an unchanged line keeps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from typing import TypeVar

Line = TypeVar("Line", str, bytes)
Kept = TypeVar("Kept")

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


def changed_blocks(
    old: Sequence[Line], new: Sequence[Line]
) -> tuple[tuple[int, int, int, int], ...]:
    """The blocks ``old[i:j] -> new[k:l]`` that differ, as ``(i, j, k, l)`` in order.

    What both begin and end with is set aside first: the comparison is quadratic at its worst, and
    a rewrite touches few lines of a long file.
    """
    head = common(old, new)
    rest = min(len(old), len(new)) - head
    tail = min(rest, common(old[::-1], new[::-1]))
    matcher = SequenceMatcher(
        None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False
    )
    return tuple(
        (head + i, head + j, head + k, head + m)
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    )


def common(old: Sequence[Kept], new: Sequence[Kept]) -> int:
    """How many entries, or characters, both begin with."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def carried(
    old: Sequence[str], new: Sequence[str], kept: Sequence[Kept], make: Callable[[str], Kept]
) -> list[Kept]:
    """For each line of ``new``: what is ``kept`` of the old line that it is, else what ``make`` makes."""
    result: list[Kept] = []
    done = 0
    for i, j, k, m in changed_blocks(old, new):
        result += kept[done:i]
        result += [make(line) for line in new[k:m]]
        done = j
    return result + list(kept[done:])


def split(text: str) -> list[str]:
    """Lines with their ``\\n``; a form feed or a Unicode separator does not end a line of Python."""
    return text.splitlines(keepends=True) if text.isascii() and _plain(text) else _split(text)


def _plain(text: str) -> bool:
    return not any(sign in text for sign in "\r\v\f\x1c\x1d\x1e")


def _split(text: str) -> list[str]:
    return [body + end for body, end in _LINE.findall(text) if body or end]


def line_ends(text: str) -> list[str]:
    """How each line of the text ends: ``\\n``, ``\\r\\n``, ``\\r``, or with nothing at its end."""
    return [end for body, end in _LINE.findall(text) if body or end]


def unified(text: str) -> str:
    """The text with ``\\n`` as its only line end, as Python itself reads it."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def with_line_ends(original: str, new: str) -> str:
    """``new``, whose lines end with ``\n``, with the line ends of ``original``.

    A line that was in the original keeps its own end, and so does one whose words changed in its
    place; another one takes the end that most lines of the original have.
    """
    if "\r" not in original:
        return new
    ends = line_ends(original)
    dominant = Counter(end for end in ends if end).most_common(1)[0][0]
    old, lines = split(unified(original)), split(new)
    result: list[str] = []
    done = 0
    for i, j, k, m in changed_blocks(old, lines):
        result += ends[done:i]
        result += ends[i:j] if j - i == m - k else [dominant] * (m - k)
        done = j
    result += ends[done:]
    return _joined(lines, [end or dominant for end in result])


def _joined(lines: Sequence[str], ends: Sequence[str]) -> str:
    written = list[str]()
    for line, end in zip(lines, ends, strict=True):
        if line == "\n" == end and written and written[-1].endswith("\r"):
            # Below a lone "\r" the end of an empty line would be taken for the rest of that one's.
            end = "\r"
        written.append(line.removesuffix("\n") + end * line.endswith("\n"))
    return "".join(written)
