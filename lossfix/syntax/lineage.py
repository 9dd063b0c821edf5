"""Whom a class extends; told of whatever stands for a class: a node of either tree, or a path."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

Class = TypeVar("Class", bound=Hashable)


def lineage(start: Class, parents: Callable[[Class], Iterable[Class]]) -> Iterator[Class]:
    """A class and all that it extends, the nearest first, each once: a circle of them ends.

    Args:
        parents: what a class names as its parents, as far as they are known.
    """
    pending, seen = [start], set[Class]()
    while pending:
        current = pending.pop(0)
        if current not in seen:
            seen.add(current)
            yield current
            pending += parents(current)
