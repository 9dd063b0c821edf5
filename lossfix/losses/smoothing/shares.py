"""Gates on shares that are counted, such as thresholded pixels whose number a Dice loss divides by.

A sigmoid is never quite 0. What it leaves of each element of a background adds up over a large map, and in a
ratio of counts that drowns the few elements that are to be found (docs/why.md has figures). So such a gate
becomes a sigmoid that is scaled to be 0 where the share is 0 and 1 where it is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.conditions import as_condition, comparison, named_value
from lossfix.losses.code.liveness import part_called
from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.gradients import REDUCTIONS
from lossfix.losses.smoothing.gates import Gate, Use, consumers
from lossfix.losses.smoothing.scalar import number_of
from lossfix.losses.subclassing.definitions import defined
from lossfix.syntax.tree import walk

_SOFT_STEP = '''def {name}(x, threshold, steepness):
    """Whether `x` is above `threshold`, both within 0 and 1: a smooth step, 0 at 0 and 1 at 1."""

    def sigmoid(at):
        return SIGMOID(CAST(steepness, x.dtype) * (at - threshold))

    return (sigmoid(x) - sigmoid(0.0)) / (sigmoid(1.0) - sigmoid(0.0))
'''

_SAME_VALUES = frozenset(
    {"tf.cast", "tf.reshape", "tf.squeeze", "tf.expand_dims", "tf.identity", "tf.transpose"}
    | {"tf.convert_to_tensor", "tf.gather", "keras.backend.flatten", "keras.ops.ravel"}
)
_SHARES = frozenset(
    {"tf.sigmoid", "tf.nn.softmax", "keras.activations.sigmoid", "keras.activations.softmax"}
    | {"keras.backend.hard_sigmoid", "keras.ops.hard_sigmoid"}
)
_BENDS = frozenset({"tf.abs", "tf.square", "tf.pow", "tf.math.squared_difference"})
"""Operations that compare one count with another."""
_DIVISIONS = frozenset({"tf.divide", "tf.truediv", "tf.math.divide_no_nan"})


@dataclass(frozen=True, eq=False)
class Share:
    """A condition that compares a share with a threshold between 0 and 1."""

    value: cst.BaseExpression
    threshold: cst.BaseExpression
    above: bool
    """Whether it holds above the threshold, and not below."""


def share_of(loss: Loss, condition: cst.BaseExpression) -> Share | None:
    """What a condition compares, where that may be a share; through its name, and ``== 1`` of its cast."""
    sides = comparison(loss, condition)
    if sides is None:
        value = named_value(loss, condition)
        return None if value is None else share_of(loss, value)
    left, operator, right = sides
    if operator == "==":
        inner = as_condition(loss, left)
        return share_of(loss, inner) if inner is not None and number_of(loss, right) == 1 else None
    if operator == "!=":
        return None
    if not loss.predicts(left):
        left, right = right, left
        operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[operator]
    threshold = number_of(loss, right)
    if threshold is None or not 0.0 < threshold < 1.0 or not _may_be_a_share(loss, left):
        return None
    return Share(left, right, operator in (">", ">="))


def _may_be_a_share(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a value is the predictions as they are, or is kept between 0 and 1."""
    match node:
        case cst.Name(value=name) if name in loss.predictions:
            return True
        case cst.Name():
            value = named_value(loss, node)
            return value is not None and _may_be_a_share(loss, value)
        case cst.Subscript(value=value):
            return _may_be_a_share(loss, value)
        case cst.Call(args=[cst.Arg(value=inner, star=""), *rest]):
            operation = loss.operation(node)
            if operation == "tf.clip_by_value":
                bounds = [number_of(loss, each.value) for each in rest[:2]]
                return bounds == [0.0, 1.0] or _may_be_a_share(loss, inner)
            return operation in _SHARES or (
                operation in _SAME_VALUES and _may_be_a_share(loss, inner)
            )
    return False


def is_counted(loss: Loss, gate: Gate) -> bool:
    """Whether what a gate lets pass is added up and then compared: in a ratio, or with another count.

    What a part returns is asked where it is called.
    """
    if gate.use is Use.SELECT:
        return True
    if gate.use is Use.COUNT and _is_compared(loss, gate.node):
        return True
    return _is_counted(loss, gate.node, frozenset())


def _is_counted(loss: Loss, node: cst.CSTNode, seen: frozenset[str]) -> bool:
    if any(
        isinstance(above, cst.Call)
        and loss.operation(above) in REDUCTIONS
        and _is_compared(loss, above)
        for above in consumers(loss, node)
    ):
        return True
    return (
        loss.only_reached
        and loss.name not in seen
        and any(
            part_called(caller, call) is loss and _is_counted(caller, call, seen | {loss.name})
            for caller in loss.among
            for call in walk(caller.function, cst.Call)
        )
    )


def _is_compared(loss: Loss, count: cst.CSTNode) -> bool:
    for above in consumers(loss, count):
        match above:
            case cst.BinaryOperation(operator=cst.Divide(), right=right) if loss.is_tensor(right):
                return True
            case cst.BinaryOperation(operator=cst.Power()):
                return True
            case cst.Call(args=[_, cst.Arg(value=right), *_]) if loss.is_tensor(right):
                if loss.operation(above) in _DIVISIONS:
                    return True
        if isinstance(above, cst.Call) and loss.operation(above) in _BENDS:
            return True
    return False


def soft_step(loss: Loss) -> tuple[cst.Name, tuple[cst.BaseStatement, ...]]:
    """The name of the function that smooths such gates, and its definition where the file lacks it."""
    code = _SOFT_STEP.replace("SIGMOID", loss.spell("tf.sigmoid"))
    name, before = defined(loss, "soft_step", code.replace("CAST", loss.spell("tf.cast")))
    return cst.Name(name), before
