"""Which elements of its tensors a loss takes: steps of a series one before the other, or single channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

import libcst as cst

from lossfix.syntax.literals import whole_number_of
from lossfix.syntax.tree import takes_all, walk

_LAST = 1 << 20
"""Stands for the last channel, however many there are."""
MOST = 4
"""With more channels than that a loss is not looked at: it is evaluated once for each, at each point."""


class Step(Enum):
    """An element of a series: the one that is looked at, or the one before it."""

    THIS = 0
    BEFORE = 1


@dataclass(frozen=True)
class Channels:
    """Neighbouring channels, of which one stands for all: ``x[..., first:end]``."""

    first: int
    end: int

    def meets(self, other: Channels) -> bool:
        """Whether any channel is one of both."""
        return self.first < other.end and other.first < self.end


Element = Step | Channels


def elements(functions: Sequence[cst.FunctionDef]) -> frozenset[Element]:
    """What a loss takes of its tensors besides the one element that it is evaluated on.

    Where one channel is taken by its number, ``x[:, 1:]`` are the others; else it is a series from its
    second step on. Empty where channels overlap, or are too many.

    Args:
        functions: those of the loss and of all its parts.
    """
    taken = [each.slice for function in functions for each in walk(function, cst.Subscript)]
    if not any(_is_numbered(each) for each in taken):
        sliced = any(isinstance(item.slice, cst.Slice) for each in taken for item in each)
        return frozenset({Step.BEFORE}) if sliced else frozenset()
    found = {each for each in map(_channels, taken) if each is not None}
    overlap = any(a.meets(b) for a, b in combinations(found, 2))
    return frozenset() if overlap or len(found) > MOST else frozenset(found)


def element(taken: Sequence[cst.SubscriptElement], known: frozenset[Element]) -> Element | None:
    """What a subscript takes, of a loss that takes ``known``; ``None`` where that is something else."""
    if any(isinstance(each, Channels) for each in known):
        found = _channels(taken)
        return found if found in known else None
    return _step(taken)


def _is_numbered(taken: Sequence[cst.SubscriptElement]) -> bool:
    found = _channels(taken)
    return found is not None and found.end == found.first + 1


def _channels(taken: Sequence[cst.SubscriptElement]) -> Channels | None:
    """``x[..., 1]``, ``x[:, -1]``, ``x[..., 2:]``: all of the axes but the last."""
    *before, last = (each.slice for each in taken)
    if not before or not all(map(takes_all, before)):
        return None
    match last:
        case cst.Index(value=value):
            number = _number(value)
            return None if number is None else Channels(number, number + 1)
        case cst.Slice(lower=lower, upper=upper, step=None) if lower or upper:
            first = 0 if lower is None else _number(lower)
            end = _LAST + 1 if upper is None else _number(upper)
            return None if first is None or end is None else Channels(first, end)
    return None


def _number(node: cst.BaseExpression) -> int | None:
    number = whole_number_of(node)
    if number == -1:
        return _LAST
    return None if number is None or number < 0 else number


def _step(taken: Sequence[cst.SubscriptElement]) -> Step | None:
    """The step before the others is what ``x[:-1]`` takes of a series, beside ``x[1:]``."""
    steps = list(_steps(taken))
    return steps[0] if len(steps) == 1 else None


def _steps(taken: Sequence[cst.SubscriptElement]) -> Iterator[Step | None]:
    for each in taken:
        match each.slice:
            case whole if takes_all(whole):
                continue
            case cst.Slice(lower=cst.Integer(value="1"), upper=None, step=None):
                yield Step.THIS
            case cst.Slice(
                lower=None,
                upper=cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer(value="1")),
                step=None,
            ):
                yield Step.BEFORE
            case _:
                yield None
