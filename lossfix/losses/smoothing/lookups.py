"""Looking up a value by the predicted class, and what that value is expected to be."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.conditions import Step, named_value, step
from lossfix.losses.code.loss import Loss
from lossfix.syntax.build import expression
from lossfix.syntax.literals import number_of
from lossfix.syntax.tree import argument_of


def looked_up(
    loss: Loss, known: Step, call: cst.Call, share: cst.BaseExpression
) -> cst.BaseExpression | None:
    """What ``tf.gather(table, index)`` or ``tf.gather_nd(table, stack)`` is expected to be.

    Args:
        known: the index of the largest prediction, which chooses the column or is the index itself.
        share: the probability of each class, along the last axis.
    """
    match call.args:
        case [cst.Arg(value=table, keyword=None), cst.Arg(value=index, keyword=None), *rest]:
            pass
        case _:
            return None
    if loss.is_tensor(table):
        return _nested(loss, known, table, index, rest, share)
    if loss.operation(call) == "tf.gather":
        if rest or not _is_index(loss, index, known):
            return None
        # Every axis of the table behind the classes stays, as it does in a lookup.
        return expression(f"{loss.spell('tf.tensordot')}({{s}}, {{t}}, 1)", s=share, t=table)
    row = None if rest else _row_of(loss, index, known)
    if row is None or loss.predicts(row):
        return None
    return _cost(
        loss, expression(f"{loss.spell('tf.gather')}({{t}}, {{r}})", t=table, r=row), share
    )


def _cost(loss: Loss, costs: cst.BaseExpression, share: cst.BaseExpression) -> cst.BaseExpression:
    return expression(f"{loss.spell('tf.reduce_sum')}({{c}} * {{s}}, axis=-1)", c=costs, s=share)


def _nested(
    loss: Loss,
    known: Step,
    costs: cst.BaseExpression,
    index: cst.BaseExpression,
    rest: list[cst.Arg] | tuple[cst.Arg, ...],
    share: cst.BaseExpression,
) -> cst.BaseExpression | None:
    """``gather(gather(table, row), column, batch_dims=1)``: of each sample's row, one column."""
    match rest:
        case [cst.Arg(keyword=cst.Name(value="batch_dims"), value=many)] if number_of(many) == 1:
            if not loss.predicts(costs) and _is_index(loss, index, known):
                return _cost(loss, costs, share)
    return None


def _row_of(loss: Loss, index: cst.BaseExpression, known: Step) -> cst.BaseExpression | None:
    """The row of ``stack([row, column], axis=-1)``, however it is written."""
    pair = named_value(loss, index) or index
    if not isinstance(pair, cst.Call) or not pair.args:
        return None
    operation, first = loss.operation(pair), pair.args[0].value
    if operation == "tf.transpose" and len(pair.args) == 1:
        inner = named_value(loss, first) or first
        rows = isinstance(inner, cst.Call) and loss.operation(inner) == "tf.stack"
        if not rows or not isinstance(inner, cst.Call) or len(inner.args) != 1:
            return None
        return _first_of(loss, inner.args[0].value, known, expanded=False)
    if operation not in ("tf.stack", "tf.concat"):
        return None
    axis = argument_of(pair, 1, "axis")
    # One row and one column for each sample: the second axis is the last.
    if axis is None or number_of(axis) not in (-1, 1):
        return None
    return _first_of(loss, first, known, expanded=operation == "tf.concat")


def _first_of(
    loss: Loss, pair: cst.BaseExpression, known: Step, expanded: bool
) -> cst.BaseExpression | None:
    if not isinstance(pair, cst.List | cst.Tuple):
        return None
    parts: list[cst.BaseExpression] = []
    for each in pair.elements:
        part = _expanded(loss, each.value) if expanded else each.value
        if part is None or not isinstance(each, cst.Element):
            return None
        parts.append(part)
    if len(parts) != 2 or not _is_index(loss, parts[1], known):
        return None
    return parts[0]


def _expanded(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    match node:
        case cst.Call(args=[cst.Arg(value=inner), cst.Arg(value=axis)]):
            last = number_of(axis) in (-1, 1)
            return inner if loss.operation(node) == "tf.expand_dims" and last else None
    return None


def _is_index(loss: Loss, node: cst.BaseExpression, known: Step) -> bool:
    found = step(loss, node)
    return found is not None and found.call is known.call
