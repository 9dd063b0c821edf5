"""What a margin is a multiple of, and what it has the sign of.

A sigmoid of zero is a half, however steep it is. So where a margin is zero whatever is predicted, as that of
``y_true * y_pred < 0`` is for every target of zero, a gate has to stay what it was: shut, or open where
zero is let pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import CASTS, comparison, connective, named_value, step
from lossfix.losses.code.everywhere import number_everywhere
from lossfix.losses.code.loss import Loss
from lossfix.syntax.build import expression
from lossfix.syntax.tree import names_below

_PRODUCTS = frozenset({"tf.multiply", "tf.math.multiply_no_nan", "tf.math.divide_no_nan"})
_QUOTIENTS = frozenset({"tf.divide", "tf.truediv"})
_SUMS = frozenset({"tf.add", "tf.subtract", "tf.maximum", "tf.minimum"})
_ZERO_AT_ZERO = frozenset(
    {"tf.abs", "tf.negative", "tf.sign", "tf.square", "tf.sqrt", "tf.tanh", "tf.identity"}
    | {"tf.nn.relu", "tf.convert_to_tensor", "tf.round", *CASTS}
)
_NEVER_ZERO = frozenset({"tf.exp", "tf.sigmoid", "tf.nn.softplus", "tf.nn.softmax", "tf.ones_like"})


class Kind(str, Enum):
    """What a factor that no prediction decides is, and so where it is zero."""

    NUMBER = "number"
    """Any, such as a target or a weight."""
    MASK = "mask"
    """0 or 1, as a float."""
    PICKS = "picks"
    """A condition: zero where it does not hold,"""
    DROPS = "drops"
    """or where it does."""


@dataclass(frozen=True, eq=False)
class Factor:
    """Something that no prediction decides, and with which a value is zero."""

    node: cst.BaseExpression
    kind: Kind

    def is_like(self, other: Factor) -> bool:
        """Whether both are zero in the same places."""
        return self.kind is other.kind and self.node.deep_equals(other.node)


@dataclass(frozen=True, eq=False)
class Factors:
    """What a value is zero with, be it by one factor alone."""

    known: tuple[Factor, ...] = ()
    certain: bool = True
    """``False`` where there is another one that cannot be written where the value is compared."""

    def __bool__(self) -> bool:
        return bool(self.known) or not self.certain


def where_decided(
    loss: Loss, found: Factors, weight: cst.BaseExpression, otherwise: float
) -> cst.BaseExpression:
    """``weight`` where no factor is zero, and the number ``otherwise`` where one is."""
    where, equal = loss.spell("tf.where"), loss.spell("tf.equal")
    templates = {
        Kind.NUMBER: f"{where}({equal}({{f}}, 0), {otherwise}, {{w}})",
        Kind.MASK: f"{where}({equal}({{f}}, 0), {otherwise}, {{w}})",
        Kind.PICKS: f"{where}({{f}}, {{w}}, {otherwise})",
        Kind.DROPS: f"{where}({{f}}, {otherwise}, {{w}})",
    }
    for each in reversed(found.known):
        shuts = each.kind is Kind.MASK and otherwise == 0.0
        weight = expression("{f} * {w}" if shuts else templates[each.kind], f=each.node, w=weight)
    return weight


def undecided(
    loss: Loss, left: cst.BaseExpression, operator: str, right: cst.BaseExpression
) -> Factors:
    """Where a comparison has one answer whatever is predicted: that of ``operator`` for two equal sides."""
    if operator in ("==", "!="):
        return _of_signs(loss, left, right) or _of_signs(loss, right, left)
    left, right = straight(loss, left, operator, right)
    if number_everywhere(loss, right) == 0.0:
        return factors(loss, left)
    if number_everywhere(loss, left) == 0.0:
        return factors(loss, right)
    return _common(factors(loss, left), factors(loss, right))


def _of_signs(loss: Loss, side: cst.BaseExpression, other: cst.BaseExpression) -> Factors:
    known = step(loss, side)
    if known is None or known.kind != "sign" or loss.predicts(other):
        return Factors()
    within = factors(loss, known.value)
    if not loss.is_tensor(other):
        return within
    # Of `sign(t * p) == sign(t)` both are 0 where `t` is.
    return Factors(certain=False) if within else _given(loss, other)


def factors(loss: Loss, node: cst.BaseExpression) -> Factors:
    """What a value that the predictions decide is a multiple of, as far as they do not decide that."""
    match node:
        case _ if not loss.predicts(node):
            return _given(loss, node)
        case cst.Name():
            value = named_value(loss, node)
            return Factors() if value is None else _moved(loss, node, factors(loss, value))
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return _all(factors(loss, each) for each in (left, right))
        case cst.BinaryOperation(left=left, operator=cst.Divide()):
            return factors(loss, left)
        case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
            return _common(factors(loss, left), factors(loss, right))
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return factors(loss, inner)
        case cst.Call(func=cst.Name(value="abs"), args=[cst.Arg(value=inner)]):
            return factors(loss, inner)
        case cst.Call(args=[cst.Arg(value=first, star=""), *rest]):
            return _of_call(loss, loss.operation(node) or "", [first, *(a.value for a in rest)])
    return Factors()


def _of_call(loss: Loss, operation: str, values: list[cst.BaseExpression]) -> Factors:
    if operation in _PRODUCTS and len(values) == 2:
        return _all(factors(loss, each) for each in values)
    if operation in _ZERO_AT_ZERO or operation in _QUOTIENTS:
        return factors(loss, values[0])
    if operation in _SUMS and len(values) == 2:
        return _common(*(factors(loss, each) for each in values))
    if operation == "tf.where" and len(values) == 3 and not loss.predicts(values[0]):
        condition, then, otherwise = values
        if number_everywhere(loss, otherwise) == 0.0:
            return _all((_one(condition, Kind.PICKS), factors(loss, then)))
        if number_everywhere(loss, then) == 0.0:
            return _all((_one(condition, Kind.DROPS), factors(loss, otherwise)))
        return _common(factors(loss, then), factors(loss, otherwise))
    return Factors()


def _given(loss: Loss, node: cst.BaseExpression) -> Factors:
    """The factors of what no prediction decides; of numbers and settings it is said that none is zero."""
    if not loss.is_tensor(node):
        return Factors()
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return _all(_given(loss, each) for each in (left, right))
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _given(loss, inner)
        case cst.Call(args=[cst.Arg(value=inner, star=""), *_]):
            operation = loss.operation(node)
            if operation in _NEVER_ZERO:
                return Factors()
            discrete = operation in CASTS and casts_to_discrete(node)
            if operation in _ZERO_AT_ZERO and not discrete and not _is_condition(loss, inner):
                return _given(loss, inner)
    if _is_condition(loss, node):
        return _one(node, Kind.PICKS)
    return _one(node, Kind.MASK if _is_mask(loss, node) else Kind.NUMBER)


def _one(node: cst.BaseExpression, kind: Kind) -> Factors:
    return Factors((Factor(node, kind),))


def _is_condition(loss: Loss, node: cst.BaseExpression) -> bool:
    value = named_value(loss, node)
    if value is not None:
        return _is_condition(loss, value)
    return comparison(loss, node) is not None or connective(loss, node) is not None


def _is_mask(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a value is 0 or 1, and a float: a condition that was cast to one."""
    match node:
        case cst.Call(args=[cst.Arg(value=inner, star=""), *_]):
            if loss.operation(node) not in CASTS or casts_to_discrete(node):
                return False
            return _is_condition(loss, inner) or _is_mask(loss, inner)
    value = named_value(loss, node)
    return value is not None and _is_mask(loss, value)


def _all(parts: Iterable[Factors]) -> Factors:
    known: list[Factor] = []
    certain = True
    for part in parts:
        known += (each for each in part.known if not any(map(each.is_like, known)))
        certain = certain and part.certain
    return Factors(tuple(known), certain)


def _common(first: Factors, second: Factors) -> Factors:
    """A sum, or the larger of two values, is zero for sure where both are."""
    return Factors(tuple(each for each in first.known if any(map(each.is_like, second.known))))


def _moved(loss: Loss, name: cst.Name, found: Factors) -> Factors:
    """What was read where ``name`` was set, read where ``name`` is."""
    kept = tuple(each for each in found.known if _stays(loss, name, each.node))
    return Factors(kept, found.certain and len(kept) == len(found.known))


def _stays(loss: Loss, name: cst.Name, value: cst.BaseExpression) -> bool:
    """Whether ``value``, which was read where ``name`` was set, is the same where ``name`` is read."""
    (binding,) = loss.flow.values(name.value)
    spans = loss.tree.spans
    return all(
        each.node in spans and spans[each.node] < spans[binding.node]
        for other in names_below(value)
        for each in loss.flow.values(other)
    )


def _same_sign(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """A value that is positive, zero and negative where ``node`` is: the product of what signs are taken of.

    Signs of what no prediction decides stay.
    """
    match node:
        case _ if not loss.predicts(node):
            return node
        case cst.Name():
            value = named_value(loss, node)
            inner = None if value is None else _same_sign(loss, value)
            return node if inner is value or inner is None else _if_it_stays(loss, node, inner)
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            first, second = _same_sign(loss, left), _same_sign(loss, right)
            if first is left and second is right:
                return node
            return expression("{a} * {b}", a=first, b=second)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            within = _same_sign(loss, inner)
            return node if within is inner else expression("-{x}", x=within)
        case cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right)]) if (
            loss.operation(node) == "tf.multiply"
        ):
            first, second = _same_sign(loss, left), _same_sign(loss, right)
            if first is left and second is right:
                return node
            return expression("{a} * {b}", a=first, b=second)
    known = step(loss, node)
    if known is not None and known.kind == "sign" and known.call is node:
        return _same_sign(loss, known.value)
    return node


def _if_it_stays(loss: Loss, name: cst.Name, value: cst.BaseExpression) -> cst.BaseExpression:
    return value if _stays(loss, name, value) else name


def straight(
    loss: Loss, left: cst.BaseExpression, operator: str, right: cst.BaseExpression
) -> tuple[cst.BaseExpression, cst.BaseExpression]:
    """The sides of a comparison that holds where the given one does, without the signs and the bends
    that keep a slope from its margin: ``sign(t) * sign(p) < 0``, ``relu(x) > 0``."""
    if number_everywhere(loss, right) == 0.0:
        left = _same_sign(loss, left)
    elif number_everywhere(loss, left) == 0.0:
        right = _same_sign(loss, right)
    inner = _unbent(loss, left)
    if inner is not None and _lies_above(right, operator == ">" or operator == "<="):
        return inner, right
    inner = _unbent(loss, right)
    if inner is not None and _lies_above(left, operator == "<" or operator == ">="):
        return left, inner
    return left, right


def _lies_above(node: cst.BaseExpression, zero_too: bool) -> bool:
    match node:
        case cst.Integer() | cst.Float():
            return node.evaluated_value > 0 or (zero_too and node.evaluated_value == 0)
    return False


def _unbent(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``x`` of ``relu(x)`` or ``maximum(x, 0)``, which is above what is not below zero where ``x`` is."""
    match node:
        case cst.Name():
            value = named_value(loss, node)
            inner = None if value is None else _unbent(loss, value)
            return inner if inner is not None and _stays(loss, node, inner) else None
        case cst.Call(args=[cst.Arg(value=first, star=""), *rest]):
            operation = loss.operation(node)
            if operation in ("tf.nn.relu", "keras.activations.relu") and not rest:
                return first
            if operation == "tf.maximum" and len(rest) == 1:
                second = rest[0].value
                if number_everywhere(loss, second) == 0.0:
                    return first
                return second if number_everywhere(loss, first) == 0.0 else None
    return None
