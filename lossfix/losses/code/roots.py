"""Square roots of what may be zero: where they have no gradient, and what keeps them away from there."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.perfect import is_zero
from lossfix.syntax.build import expression
from lossfix.syntax.literals import number_of
from lossfix.syntax.tree import walk

TINY = "1e-12"
"""A root of it is a millionth: next to nothing beside what a root is taken of."""
TINIER = "1e-20"
"""The same for the product of two of those."""

_STEEP = frozenset(
    {"tf.sqrt", "tf.pow", "tf.norm", "tf.math.reduce_euclidean_norm", "tf.math.rsqrt"}
)
_SAME_SIGN = ("tf.abs", "tf.cast", "tf.identity", "tf.squeeze", "tf.reshape")


def above_zero(loss: Loss, node: cst.BaseExpression, least: str = TINY) -> cst.BaseExpression:
    """``tf.maximum(node, least)``."""
    match node:
        # As Keras' own `K.sqrt` has it: a bound of zero is no guard, and is moved.
        case cst.Call(args=[cst.Arg() as first, cst.Arg() as second]) if (
            loss.operation(node) == "tf.maximum"
        ):
            for each in (first, second):
                if is_zero(each.value):
                    return node.with_deep_changes(each, value=cst.Float(least))
    bare = node.with_changes(lpar=(), rpar=())
    return expression(f"{loss.spell('tf.maximum')}({{x}}, {least})", x=bare)


def open_roots(loss: Loss, node: cst.BaseExpression) -> list[cst.Call] | None:
    """The square roots of predictions that ``node`` is a product of, and that nothing keeps above zero.

    A standard deviation is none of them: it has no gradient wherever it stands. ``None`` where ``node``
    may have no gradient for another reason.
    """
    meant = named_value(loss, node) or node
    if not loss.predicts(meant):
        return []
    match meant:
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return _of_both(loss, left, right)
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *rest]):
            operation = loss.operation(meant)
            if operation == "tf.multiply" and len(rest) == 1:
                return _of_both(loss, first, rest[0].value)
            if operation == "tf.sqrt" and not rest:
                if not _is_smooth(loss, first, frozenset()):
                    return None
                return [] if _is_kept_above_zero(loss, first) else [meant]
            if operation == "tf.math.reduce_std":
                return [] if _is_smooth(loss, first, frozenset()) else None
            if operation in _SAME_SIGN:
                return open_roots(loss, first)
    return [] if _is_smooth(loss, meant, frozenset()) else None


def _of_both(
    loss: Loss, left: cst.BaseExpression, right: cst.BaseExpression
) -> list[cst.Call] | None:
    one, other = open_roots(loss, left), open_roots(loss, right)
    return None if one is None or other is None else [*one, *other]


def least_of(loss: Loss, root: cst.Call) -> str:
    """What to keep above zero with what a root is taken of: a product of two spreads is the smaller."""
    of = root.args[0].value
    match named_value(loss, of) or of:
        case cst.BinaryOperation(operator=cst.Multiply()):
            return TINIER
        case cst.Call() as call if loss.operation(call) == "tf.multiply":
            return TINIER
    return TINY


def _is_kept_above_zero(loss: Loss, node: cst.BaseExpression) -> bool:
    match named_value(loss, node) or node:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            return any((number_of(each) or 0.0) > 0.0 for each in (left, right))
        case cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right)]) as call:
            bounds = (number_of(each) or 0.0 for each in (left, right))
            return loss.operation(call) == "tf.maximum" and any(each > 0.0 for each in bounds)
    return False


def _is_smooth(loss: Loss, node: cst.BaseExpression, seen: frozenset[str]) -> bool:
    """Whether no root and no power stands in ``node``, and nothing that may have one."""
    for part in walk(node, cst.Name, cst.Call, cst.BinaryOperation):
        match part:
            case cst.BinaryOperation(operator=cst.Power(), right=right):
                if (number_of(right) or 0.0) < 1.0:
                    return False
            case cst.Call():
                operation = loss.operation(part)
                if loss.predicts(part) and (operation is None or operation in _STEEP):
                    return False
            case cst.Name(value=name) if name not in seen and loss.predicts(part):
                known = seen | {name}
                if not all(_is_smooth(loss, each.value, known) for each in loss.flow.values(name)):
                    return False
    return True
