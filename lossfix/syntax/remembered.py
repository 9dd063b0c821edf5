"""What was found out about trees: remembered while their file is looked at, and forgotten with it.

Many rules ask the same of the same losses, so the answers are kept. Their keys are trees, or nodes, which
hold all that is below them: what looks at a file says so, or the trees of many files would stay.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import ParamSpec, TypeVar, cast

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_LITTER = 50_000
"""Objects in cycles, at most, that a file leaves behind uncollected: some megabytes."""

_forgetting: list[Callable[[], None]] = []
_lock = Lock()
_looking = 0
"""How many look at a file: one within another, or in a thread of its own."""


def remembered(most: int) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer]]:
    """Has a function remember what it answered last about a tree, or about anything that holds nodes of one.

    What is not about trees is no matter of a file, and has ``functools.lru_cache``.

    Args:
        most: how many answers, since some files are looked at text by text, a step of a repair each.
    """

    def decorate(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
        remembering = lru_cache(maxsize=most)(function)
        _forgetting.append(remembering.cache_clear)
        return cast("Callable[Given, Answer]", remembering)

    return decorate


@contextmanager
def one_file() -> Iterator[None]:
    """Within, one file is looked at: all trees are let go where the last of those who look at one ends.

    Whoever looks twice at the same file does that within one, and what is found out at first is known then.
    """
    global _looking
    with _lock:
        _looking += 1
    try:
        yield
    finally:
        with _lock:
            _looking -= 1
            if not _looking:
                _forget()


def _forget() -> None:
    for each in _forgetting:
        each()
    # Losses know one another, so their trees are left to the collector of cycles. It has least to look at
    # here, where the trees of one file are gone and those of the next are not there yet.
    if gc.get_count()[0] > _LITTER:
        gc.collect(0)
