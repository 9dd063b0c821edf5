"""An element of a tensor is assigned to

## What it does

Finds assignments such as `error[error < 0] = 0.0`, and writes those that pick their elements by a condition
as `tf.where`. Assignments by position are reported.

## Why is this bad

Tensors cannot be changed: the loss raises `TypeError: ... object does not support item assignment` before
the first batch (measured: eagerly, in a graph and in `fit`).

## Example

```python
import tensorflow as tf


def surplus_loss(y_true, y_pred):
    error = y_pred - y_true
    error[error < 0] = 0
    return tf.reduce_mean(tf.square(error))
```

## Use instead

```python
import tensorflow as tf


def surplus_loss(y_true, y_pred):
    error = y_pred - y_true
    error = tf.where(error < 0, 0.0, error)
    return tf.reduce_mean(tf.square(error))
```

## Fix safety

Exact: the value is what NumPy would have computed. An array that was built by NumPy from constants alone is
left alone, as it can be assigned to.

## References

- https://www.tensorflow.org/api_docs/python/tf/where
- https://www.tensorflow.org/api_docs/python/tf/tensor_scatter_nd_update
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.everywhere import number_everywhere
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import number
from lossfix.losses.code.tensors import is_array, is_boolean
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.tree import walk

_MADE = frozenset(
    {"tf.ones_like", "tf.zeros_like", "tf.ones", "tf.zeros", "tf.fill", "tf.constant"}
)

_OPERATORS: dict[type[cst.BaseAugOp], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.PowerAssign: "**",
}


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Assign, cst.AugAssign):
        target = _target(node)
        if target is None or not (is_array(loss, target.value) or _is_made(loss, target.value)):
            continue
        reason = ""
        if _assigned(loss, node) is None:
            reason = "only a condition on the tensor itself has a counterpart, `tf.where`"
        yield Match(
            node, f"`{loss.tree.code(target)}` is assigned to, which tensors do not allow", reason
        )


def _is_made(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a name stands for a tensor of constants, of which neither targets nor predictions are part."""
    if not isinstance(node, cst.Name):
        return False
    made = [each.value for each in loss.flow.values(node.value) if each.whole]
    return any(isinstance(each, cst.Call) and loss.operation(each) in _MADE for each in made)


def _target(node: cst.CSTNode) -> cst.Subscript | None:
    match node:
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Subscript(value=cst.Name()) as target)]
        ):
            return target
        case cst.AugAssign(target=cst.Subscript(value=cst.Name()) as target):
            return target
    return None


def _condition(target: cst.Subscript) -> cst.BaseExpression | None:
    match target.slice:
        case [cst.SubscriptElement(slice=cst.Index(value=value, star=None))]:
            return value
    return None


def _assigned(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The ``tf.where`` that computes the whole tensor after the assignment."""
    target = _target(node)
    if target is None:
        return None
    condition = _condition(target)
    if condition is None or not is_boolean(loss, condition) or not loss.is_tensor(condition):
        return None
    assert isinstance(node, cst.Assign | cst.AugAssign)
    literal = number_everywhere(loss, node.value)
    if literal is None:
        value = _everywhere(loss, node.value, condition)
    else:
        value = cst.parse_expression(number(literal))
    if value is None:
        return None
    if isinstance(node, cst.AugAssign):
        operator = _OPERATORS.get(type(node.operator))
        if operator is None:
            return None
        value = expression(f"{{x}} {operator} {{v}}", x=target.value, v=value)
    where = loss.spell("tf.where")
    return expression(f"{where}({{c}}, {{v}}, {{x}})", c=condition, v=value, x=target.value)


def _everywhere(
    loss: Loss, value: cst.BaseExpression, condition: cst.BaseExpression
) -> cst.BaseExpression | None:
    """``value`` before it was picked: of ``other[condition]``, ``other``."""
    match value:
        case cst.BaseNumber():
            return value
        case cst.Subscript(value=whole):
            picked = _condition(value)
            same = picked is not None and picked.deep_equals(condition)
            return _unpicked(loss, whole) if same else None
        # A division or a root would not be finite where it was not picked.
        case cst.BinaryOperation(left=left, operator=cst.Power(), right=cst.Integer()):
            base = _everywhere(loss, left, condition)
            return None if base is None else value.with_changes(left=base)
        case cst.BinaryOperation(
            left=left, operator=cst.Add() | cst.Subtract() | cst.Multiply(), right=right
        ):
            sides = [_everywhere(loss, each, condition) for each in (left, right)]
            if sides[0] is None or sides[1] is None:
                return None
            return value.with_changes(left=sides[0], right=sides[1])
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            whole_ = _everywhere(loss, inner, condition)
            return None if whole_ is None else value.with_changes(expression=whole_)
    return None


def _unpicked(loss: Loss, whole: cst.BaseExpression) -> cst.BaseExpression | None:
    return whole if is_array(loss, whole) else None


def rewrite(loss: Loss, match: Match) -> Edit | None:
    target, new = _target(match.node), _assigned(loss, match.node)
    if target is None or new is None:
        return None
    assert isinstance(target.value, cst.Name)
    assignment = cst.Assign([cst.AssignTarget(target.value)], new)
    return Edit({match.node: assignment})


RULE = Rule("LF108", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
