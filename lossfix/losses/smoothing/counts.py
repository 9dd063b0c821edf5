"""Integers that became floats: what was computed with them has to follow."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import CASTS, uses
from lossfix.losses.code.loss import Loss
from lossfix.syntax.build import Replacement, expression

_KEEPING = frozenset(
    {"tf.abs", "tf.negative", "tf.square", "tf.reduce_sum", "tf.reduce_max", "tf.reduce_min"}
    | {"tf.linalg.trace", "tf.linalg.diag_part", "tf.reshape", "tf.squeeze", "tf.expand_dims"}
    | {"tf.transpose", "tf.identity", "tf.gather"}
)
"""What takes integers and floats alike, and gives back the same type."""

_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply)

_ACCUMULATING = ("keras.backend.mean", "keras.backend.sum")


def as_float(loss: Loss, node: cst.CSTNode) -> Mapping[cst.CSTNode, Replacement] | None:
    """What else must change where the integer or condition ``node`` becomes a float.

    The integers that it is added to or subtracted from are cast along with it. ``None`` where it goes
    into anything that takes integers only, or where that cannot be told.
    """
    return _as_float(loss, node, frozenset())


def _as_float(
    loss: Loss, node: cst.CSTNode, seen: frozenset[str]
) -> Mapping[cst.CSTNode, Replacement] | None:
    changed: dict[cst.CSTNode, Replacement] = {}
    while True:
        above = loss.tree.parents.get(node)
        match above:
            case cst.BinaryOperation(left=left, right=right, operator=operator):
                other = right if node is left else left
                floating = _floating(loss, other)
                if floating is None or not isinstance(operator, _ARITHMETIC):
                    return None
                changed[other] = floating
                node = above
            case cst.Arg():
                call = loss.tree.parents[above]
                if not isinstance(call, cst.Call) or call.args[0] is not above:
                    return None
                operation = loss.operation(call)
                if operation in CASTS:
                    return None if casts_to_discrete(call) else changed
                if (loss.qualified(call.func) or "").endswith(_ACCUMULATING):
                    return changed
                if operation not in _KEEPING:
                    return None
                node = call
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                if name in seen or len(loss.flow.values(name)) != 1:
                    return None
                for use in uses(loss, name):
                    further = _as_float(loss, use, seen | {name})
                    if further is None:
                        return None
                    changed.update(further)
                return changed
            case _:
                return None


def _floating(loss: Loss, other: cst.BaseExpression) -> cst.BaseExpression | None:
    match other:
        case cst.Integer(value=value):
            return cst.Float(f"{value}.0")
    if loss.predicts(other):
        return None
    return expression(
        f"{loss.spell('tf.cast')}({{x}}, {{p}}.dtype)", x=other, p=cst.Name(loss.y_pred)
    )
