"""Tensors that are one number everywhere, as the code has them."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.syntax.literals import number_of


def number_everywhere(loss: Loss, node: cst.BaseExpression | None) -> float | None:
    """The number that a value is everywhere: of ``0.5``, ``-tf.ones_like(x)``, ``tf.constant(2.0)``; ``None``
    where that is not written out."""
    match node:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            value = number_everywhere(loss, inner)
            return None if value is None else -value
        case cst.Call(args=[cst.Arg(value=inner), *_]):
            operation = loss.operation(node)
            if operation == "tf.ones_like":
                return 1.0
            if operation == "tf.zeros_like":
                return 0.0
            if operation in ("tf.constant", "tf.convert_to_tensor"):
                return number_everywhere(loss, inner)
    return number_of(node)
