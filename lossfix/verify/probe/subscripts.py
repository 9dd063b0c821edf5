"""What a subscript with several elements needs of the axes of an input, and what it leaves of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Callable, Optional

from .demands import Demand, View

Number = Callable[[Optional[ast.expr]], Optional[int]]
"""The integer that an expression certainly is; ``None`` for any other, and for none."""


def columns(
    demand: Demand, view: View, elements: Sequence[ast.expr], number: Number
) -> Optional[View]:
    """``view[a, b, ..., c]``: what is left, ``None`` where its axes are no longer known.

    What that needs is noted in ``demand``, which is that of the view's input.
    """
    if view.lost:
        kept = [each for each in elements if not _is_new(each) and not _is(each, Ellipsis)]
        demand.rank = max(demand.rank, len(kept) + view.lost)
        return None
    ellipsis = [i for i, each in enumerate(elements) if _is(each, Ellipsis)]
    at = ellipsis[0] if ellipsis else len(elements)
    front = [each for each in elements[:at] if not _is_new(each)]
    back = [each for each in elements[at + 1 :] if not _is_new(each)]
    for axis, each in enumerate(front[1:], 1):
        last = not ellipsis and axis == len(front) - 1 and not view.back
        view = _column(demand, view, axis + view.front, each, number, last)
    for axis, each in enumerate(reversed(back), 1):
        view = _column(demand, view, -axis - view.back, each, number, axis == 1)
    demand.rank = max(demand.rank, view.front + len(front) + view.back + len(back))
    row_of_the_batch = bool(front) and _is_index(front[0])
    if row_of_the_batch or any(_is_new(each) for each in elements):
        return None
    return replace(
        view,
        front=view.front + sum(map(_is_index, front[1:])),
        back=view.back + sum(map(_is_index, back)),
    )


def _column(
    demand: Demand, view: View, axis: int, node: ast.expr, number: Number, last: bool
) -> View:
    """Notes what one element of a subscript needs of its axis, which is the ``last`` or another."""
    if axis in view.cut:
        return view
    if isinstance(node, ast.Slice):
        return _sliced(demand, view, axis, node, number, last)
    index = number(node)
    if index is not None:
        needed = index + 1 if index >= 0 else -index
        demand.least[axis] = max(demand.least.get(axis, 1), needed)
    return view


def _sliced(
    demand: Demand, view: View, axis: int, node: ast.Slice, number: Number, last: bool
) -> View:
    if node.lower is None and node.upper is None:
        return view
    low, high = number(node.lower), number(node.upper)
    ends = [
        (low or 0) + 1 if low is not None and low >= 0 else -(low or -1),
        high if high is not None and high > 0 else 1 - (high or 0),
    ]
    if low is not None and high is not None and high < 0 <= low:
        ends.append(low - high + 1)
    demand.least[axis] = max(demand.least.get(axis, 1), *ends)
    width = (high or 0) - (low or 0) if last and high is not None and high > 0 else 0
    after = last and node.upper is None and low is not None and low > 0
    opened = (axis, low or 0) if after else None
    return replace(view, cut=view.cut | {axis}, width=max(width, 0), opened=opened)


def _is_new(node: ast.expr) -> bool:
    return _is(node, None) or (isinstance(node, ast.Attribute) and node.attr == "newaxis")


def _is_index(node: ast.expr) -> bool:
    return not isinstance(node, ast.Slice)


def _is(node: ast.expr, constant: Any) -> bool:
    return isinstance(node, ast.Constant) and node.value is constant
