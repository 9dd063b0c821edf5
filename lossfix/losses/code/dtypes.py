"""Whether an expression certainly holds floats, as the predictions do, or integers."""

from __future__ import annotations

from enum import Enum

import libcst as cst

from lossfix.losses.code.asked_once import asked_once
from lossfix.losses.code.casts import cast_target
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import is_boolean
from lossfix.losses.operations.gradients import (
    COMPARISONS,
    ELEMENTWISE,
    INDEX_OPERATIONS,
    LIKES,
    LOGICAL,
    REDUCTIONS,
)
from lossfix.syntax.tree import children, dotted

_KEEPS = frozenset(
    {
        "tf.reshape",
        "tf.squeeze",
        "tf.expand_dims",
        "tf.transpose",
        "tf.identity",
        "tf.stop_gradient",
        "tf.gather",
    }
)
_VALUES = frozenset({"sum", "mean", "max", "min", "prod", "std", "var", "norm", "logsumexp"})


class Dtype(Enum):
    """The dtypes that are told apart."""

    FLOAT = "that of the predictions"
    INTEGER = "an integer type"


@asked_once(unsure=None)
def dtype_of(loss: Loss, node: cst.CSTNode) -> Dtype | None:
    """The dtype of a tensor; ``None`` where it is not certain, and for numbers, which adapt."""
    if isinstance(node, cst.Call) and is_a_table_of_integers(loss, node):
        return Dtype.INTEGER
    named = isinstance(node, cst.Name) and bool(loss.flow.values(node.value))
    if not (named or loss.is_tensor(node)) or (
        isinstance(node, cst.BaseExpression) and is_boolean(loss, node)
    ):
        return None
    match node:
        case cst.Name():
            return _dtype_of_name(loss, node)
        case cst.UnaryOperation(expression=inner) | cst.Subscript(value=inner):
            return dtype_of(loss, inner)
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            kinds = {dtype_of(loss, each) for each in (left, right)} - {None}
            kind = kinds.pop() if len(kinds) == 1 else None
            divided = isinstance(operator, cst.Divide) and kind is Dtype.INTEGER
            return None if divided else kind
        case cst.Call(args=args):
            return _dtype_of_call(loss, node, [each.value for each in args])
    return None


def _dtype_of_name(loss: Loss, node: cst.Name) -> Dtype | None:
    parameter = node.value in (loss.y_true, loss.y_pred)
    values = loss.flow.values(node.value)
    if not values:
        return Dtype.FLOAT if node.value == loss.y_pred else None
    if len(values) > 1 or not values[0].whole:
        return None
    if parameter:
        # Up to the assignment the name is what was passed in.
        line = loss.tree.parents.get(values[0].node)
        block = loss.tree.parents.get(line) if line is not None else None
        above = loss.tree.spans[values[0].node].end_line < loss.tree.spans[node].line
        if block is not loss.function.body or not above:
            return None
        inner = values[0].value
        if node.value == loss.y_pred and not _casts(loss, inner):
            return Dtype.FLOAT
    return dtype_of(loss, values[0].value)


def is_a_table_of_integers(loss: Loss, node: cst.Call) -> bool:
    """Whether a constant tensor is made of whole numbers alone: ``tf.constant([1, 3, 10])``."""
    match node.args:
        case [cst.Arg(value=cst.List() | cst.Tuple() as table, keyword=None, star="")]:
            # `K.constant` makes floats of them.
            return loss.qualified(node.func) == "tensorflow.constant" and _are_integers(table)
    return False


def _are_integers(node: cst.BaseExpression) -> bool:
    match node:
        case cst.List(elements=elements) | cst.Tuple(elements=elements):
            return bool(elements) and all(_are_integers(each.value) for each in elements)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _are_integers(inner)
    return isinstance(node, cst.Integer)


def _casts(loss: Loss, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call) and (
        loss.operation(node) not in ELEMENTWISE or loss.operation(node) == "tf.cast"
    ):
        return True
    return any(_casts(loss, child) for child in children(node))


def _dtype_of_call(loss: Loss, node: cst.Call, values: list[cst.BaseExpression]) -> Dtype | None:
    operation = loss.operation(node)
    if operation == "tf.cast":
        return named_dtype(loss, cast_target(node))
    if operation in INDEX_OPERATIONS:
        return Dtype.INTEGER
    if not values or operation in COMPARISONS or operation in LOGICAL or operation in LIKES:
        return None
    if operation in _KEEPS or REDUCTIONS.get(operation or "") in _VALUES:
        return dtype_of(loss, values[0])
    if operation in ELEMENTWISE:
        operands = values[1:] if operation == "tf.where" else values
        kinds = {dtype_of(loss, each) for each in operands} - {None}
        return kinds.pop() if len(kinds) == 1 else None
    return None


def named_dtype(loss: Loss, target: cst.BaseExpression | None) -> Dtype | None:
    """The kind of a type that is named, ``tf.int32`` or ``"int64"``."""
    text = dotted(target) or ""
    if isinstance(target, cst.SimpleString):
        text = str(target.evaluated_value)
    last = text.rpartition(".")[2]
    if last.startswith(("int", "uint")):
        return Dtype.INTEGER
    if last == "float32" or text == f"{loss.y_pred}.dtype":
        return Dtype.FLOAT
    return None
