"""What the code of a loss says about the inputs that it is meant for."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.gates import comparison
from lossfix.losses.loss import Loss
from lossfix.losses.parameters import default_of
from lossfix.syntax.tree import walk


def thresholds(loss: Loss) -> tuple[float, ...]:
    """The constants, or defaults of parameters, that the predictions are compared with."""
    found: set[float] = set()
    for node in walk(loss.function):
        if not isinstance(node, cst.BaseExpression):
            continue
        sides = comparison(loss, node)
        if sides is None or not loss.predicts(node):
            continue
        for side in (sides[0], sides[2]):
            value = _number(loss, side)
            if value is not None:
                found.add(value)
    return tuple(sorted(found))


def _number(loss: Loss, node: cst.BaseExpression | None) -> float | None:
    match node:
        case cst.Integer() | cst.Float():
            return float(node.evaluated_value)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            value = _number(loss, inner)
            return None if value is None else -value
        case cst.Name(value=name):
            default = default_of(loss.function, name)
            if default is None and loss.factory is not None:
                default = default_of(loss.factory, name)
            return (
                None if default is None or isinstance(default, cst.Name) else _number(loss, default)
            )
    return None
