"""What a loss asks of its inputs by reading their shape: ``y_pred.shape[3]``, ``assert K.ndim(x) == 4``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Optional

from .demands import Extent, Known, ShapeOf, Value, View
from .sizes import Sizes

SHAPES = frozenset("shape int_shape get_shape".split())
RANKS = frozenset("ndim rank ndims".split())
_VECTORS = 2
"""Axes of a batch of vectors: that an input has them is no demand."""


def attribute(owner: Value, name: str) -> Value:
    """``x.shape``, ``x.ndim``, ``x.shape.rank``."""
    if isinstance(owner, View) and name == "shape":
        return ShapeOf(owner)
    if name in RANKS and isinstance(owner, (View, ShapeOf)):
        return Extent(owner if isinstance(owner, View) else owner.view, None)
    return None


def called(name: str, argument: Value) -> Value:
    """``tf.shape(x)``, ``K.ndim(x)``, ``len(x.shape)``, and ``x.shape.as_list()``."""
    if isinstance(argument, View) and name in SHAPES:
        return ShapeOf(argument)
    if isinstance(argument, View) and name in RANKS:
        return Extent(argument, None)
    if isinstance(argument, ShapeOf) and name == "len":
        return Extent(argument.view, None)
    return argument if isinstance(argument, ShapeOf) and name == "as_list" else None


def extent(sizes: Sizes, shape: ShapeOf, index: Value) -> Value:
    """``shape[index]``, for which there has to be such an axis."""
    if not isinstance(index, Known) or not isinstance(index.value, int):
        return None
    needed = index.value + 1 if index.value >= 0 else -index.value
    _has_axes(sizes, shape.view, needed)
    return Extent(shape.view, index.value)


def unpacked(sizes: Sizes, shape: ShapeOf, count: int) -> None:
    """``batch, height, width, channels = shape``."""
    _has_axes(sizes, shape.view, count)


def _has_axes(sizes: Sizes, view: View, count: int) -> None:
    demand = sizes.demands.at(view.path)
    gone = view.front + view.back + view.lost
    if count + gone > _VECTORS:
        demand.rank = max(demand.rank, count + gone)


def alike(sizes: Sizes, values: Sequence[Value]) -> None:
    """Sizes of axes, or numbers of axes, that have to be one known number."""
    known = [each.value for each in values if isinstance(each, Known)]
    if len(known) != 1 or not isinstance(known[0], int):
        return
    for each in values:
        if isinstance(each, Extent) and each.axis is None:
            _has_axes(sizes, each.view, known[0])
        elif isinstance(each, Extent) and each.axis:
            sizes.exactly(each.view, each.axis, known[0])


def required(test: ast.expr, holds: bool = True) -> Iterator[Sequence[ast.expr]]:
    """The expressions that have to be equal for ``test`` to hold, or not to hold."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from required(test.operand, not holds)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
        for each in test.values:
            yield from required(each, holds)
    elif isinstance(test, ast.Compare):
        equal = all(isinstance(each, ast.Eq) for each in test.ops)
        unequal = len(test.ops) == 1 and isinstance(test.ops[0], ast.NotEq)
        if equal if holds else unequal:
            yield [test.left, *test.comparators]


def refused(node: ast.stmt) -> Optional[tuple[ast.expr, bool]]:
    """The test of ``assert`` and of ``if ...: raise``, and whether it has to hold."""
    if isinstance(node, ast.Assert):
        return node.test, True
    if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ast.Raise):
        return node.test, False
    return None


Evaluate = Callable[[Optional[ast.expr]], Value]


def asserted(sizes: Sizes, node: ast.stmt, value: Evaluate) -> None:
    """What a statement that raises for some inputs asks of them."""
    asked = refused(node)
    for sides in required(*asked) if asked is not None else ():
        alike(sizes, [value(each) for each in sides])
