"""Where two versions of a file differ."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

CONTEXT = 3
"""Lines around a change, as git shows them."""


class Change(NamedTuple):
    """Lines ``old_start`` to ``old_end`` become ``new_start`` to ``new_end``, counted from 0."""

    same: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def hunks(
    old: Sequence[Hashable], new: Sequence[Hashable], context: int = CONTEXT
) -> Iterator[list[Change]]:
    """The changes with up to ``context`` common lines around them; near ones share a hunk."""
    # Only the lines between what both share at the ends are compared: a notebook may hold
    # megabytes of outputs beside its one changed cell.
    first = max(0, _shared(old, new) - context)
    rest = max(0, _shared(old[first:][::-1], new[first:][::-1]) - context)
    matcher = SequenceMatcher(
        None, old[first : len(old) - rest], new[first : len(new) - rest], autojunk=False
    )
    for group in matcher.get_grouped_opcodes(context):
        yield [
            Change(tag == "equal", first + i1, first + i2, first + j1, first + j2)
            for tag, i1, i2, j1, j2 in group
        ]


def _shared(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """How many lines both begin with."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
