"""Hard gates: where a comparison of the predictions picks a value, and what else is alive there."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from enum import Enum

import libcst as cst

from lossfix.losses.gradients import COMPARISONS, ELEMENTWISE, LOGICAL
from lossfix.losses.loss import Loss, casts_to_discrete
from lossfix.syntax.tree import dotted, walk

_TOKENS: dict[type[cst.BaseCompOp], str] = {
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
}
_ORDERS = ("<", "<=", ">", ">=")
ON_PURPOSE = ("tf.stop_gradient", "tf.custom_gradient", "tf.grad_pass_through")
"""Idioms that say that the author has thought about the gradient: gates beside them are left alone."""


class Path(str, Enum):
    """What else carries a gradient through the term in which a gate stands."""

    DEAD = "dead"
    """Nothing: the gate is the only path of its term."""
    LIVE = "live"
    """The gate weighs or picks something that has a gradient of its own."""


@dataclass(frozen=True, eq=False)
class Gate:
    """One use of a condition on the predictions as a value: ``where(c, a, b)`` or ``cast(c)``."""

    node: cst.Call
    condition: cst.BaseExpression
    """The condition itself, followed through the name it was given."""
    named: cst.Name | None
    """The name in its place, where it has one."""
    then: cst.BaseExpression | None
    """What a true condition picks; ``None`` for a cast."""
    otherwise: cst.BaseExpression | None


def comparison(
    loss: Loss, node: cst.CSTNode
) -> tuple[cst.BaseExpression, str, cst.BaseExpression] | None:
    """``(left, operator, right)`` of a single comparison, as an operator or a function."""
    match node:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as target]):
            token = _TOKENS.get(type(target.operator))
            return None if token is None else (left, token, target.comparator)
        case cst.Call(args=[cst.Arg(value=left, star=""), cst.Arg(value=right, star=""), *_]):
            operation = loss.operation(node)
            if operation is not None and operation in COMPARISONS:
                return left, COMPARISONS[operation], right
    return None


def connective(loss: Loss, node: cst.CSTNode) -> tuple[str, tuple[cst.BaseExpression, ...]] | None:
    """``("and", (a, b))`` of conditions joined by functions or by ``& | ~``."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.BitAnd(), right=right):
            return "and", (left, right)
        case cst.BinaryOperation(left=left, operator=cst.BitOr(), right=right):
            return "or", (left, right)
        case cst.UnaryOperation(operator=cst.BitInvert(), expression=inner):
            return "not", (inner,)
        case cst.Call(args=args):
            operation = loss.operation(node)
            if (
                operation is not None
                and operation in LOGICAL
                and not any(each.star for each in args)
            ):
                values = tuple(
                    each.value
                    for each in args
                    if each.keyword is None or each.keyword.value != "name"
                )
                if len(values) == (1 if LOGICAL[operation] == "not" else 2):
                    return LOGICAL[operation], values
    return None


def named_value(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """What a local name stands for, where it is assigned once and as a whole."""
    if isinstance(node, cst.Name):
        values = loss.flow.values(node.value)
        if (
            len(values) == 1
            and values[0].whole
            and isinstance(values[0].node, cst.Assign | cst.AnnAssign)
        ):
            return values[0].value
    return None


def is_condition(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` is a boolean that the predictions decide."""
    if not loss.predicts(node):
        return False
    if comparison(loss, node) is not None:
        return True
    joined = connective(loss, node)
    if joined is not None:
        # Of two operands one may be a mask of the labels, under whatever name.
        return any(is_condition(loss, each) for each in joined[1])
    value = named_value(loss, node)
    return value is not None and is_condition(loss, value)


def gates(loss: Loss) -> Iterator[Gate]:
    """The gates of a loss, in document order."""
    for node in walk(loss.function):
        if not isinstance(node, cst.Call) or any(each.star for each in node.args):
            continue
        operation = loss.operation(node)
        values = [each.value for each in node.args]
        if operation == "tf.where" and len(values) == 3:
            condition, then, otherwise = values
        elif (
            operation in ("tf.cast", "tf.saturate_cast", "keras.backend.cast_to_floatx") and values
        ):
            if operation == "tf.cast" and casts_to_discrete(loss, node):
                continue
            condition, then, otherwise = values[0], None, None
        else:
            continue
        if is_condition(loss, condition):
            named = condition if isinstance(condition, cst.Name) else None
            value = named_value(loss, condition) if named is not None else condition
            if value is not None:
                yield Gate(node, value, named, then, otherwise)


def path_of(loss: Loss, gate: Gate) -> Path:
    """Whether anything besides the gate carries a gradient through its term."""
    if any(each is not None and loss.live(each) for each in (gate.then, gate.otherwise)):
        return Path.LIVE
    return Path.LIVE if _meets_a_live_partner(loss, gate.node, frozenset()) else Path.DEAD


def _meets_a_live_partner(loss: Loss, node: cst.CSTNode, seen: frozenset[str]) -> bool:
    """Whether, on the way up from ``node`` to what is returned, something live multiplies it."""
    parents = loss.tree.parents
    while True:
        above = parents.get(node)
        if above is None or above is loss.function:
            return False
        match above:
            case cst.BinaryOperation(operator=cst.Add() | cst.Subtract()):
                pass
            case cst.BinaryOperation(left=left, right=right):
                if loss.live(right if node is left else left):
                    return True
            case cst.Call(args=args):
                # Compared with the targets or weighed by another argument; an additive function joins.
                if loss.operation(above) not in ("tf.add", "tf.subtract", "tf.add_n") and any(
                    loss.live(each.value) for each in args if each is not node
                ):
                    return True
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                return name not in seen and _any_use(loss, name, seen | {name})
            case cst.AugAssign(target=cst.Name(value=name), operator=operator):
                if not isinstance(operator, cst.AddAssign | cst.SubtractAssign) and any(
                    loss.live(each.value)
                    for each in loss.flow.values(name)
                    if each.node is not above
                ):
                    return True
                return name not in seen and _any_use(loss, name, seen | {name})
        node = above


def _any_use(loss: Loss, name: str, seen: frozenset[str]) -> bool:
    return any(_meets_a_live_partner(loss, use, seen) for use in uses(loss, name))


def uses(loss: Loss, name: str) -> Iterator[cst.Name]:
    """Where a local name is read."""
    for node in walk(loss.function):
        if isinstance(node, cst.Name) and node.value == name:
            above = loss.tree.parents.get(node)
            if isinstance(above, cst.AssignTarget | cst.Param):
                continue
            if isinstance(above, cst.Attribute) and above.attr is node:
                continue
            if isinstance(above, cst.Arg) and above.keyword is node:
                continue
            if isinstance(above, cst.AugAssign | cst.AnnAssign) and above.target is node:
                continue
            yield node


def orders(loss: Loss, condition: cst.CSTNode) -> bool:
    """Whether a condition is made of ``<`` and ``>`` alone where the predictions stand."""
    if not loss.predicts(condition):
        return True
    sides = comparison(loss, condition)
    if sides is not None:
        return sides[1] in _ORDERS
    joined = connective(loss, condition)
    if joined is not None and joined[0] != "xor":
        return all(orders(loss, each) for each in joined[1])
    value = named_value(loss, condition)
    return value is not None and orders(loss, value)


_LINEAR = frozenset(
    {"tf.abs", "tf.add", "tf.subtract", "tf.multiply", "tf.divide", "tf.negative", "tf.sign"}
    | {"tf.maximum", "tf.minimum", "tf.identity", "tf.convert_to_tensor", "tf.cast"}
    | {"tf.sigmoid", "tf.squeeze", "tf.expand_dims", "tf.reshape", "keras.backend.flatten"}
)
"""What a margin is made of. A square or a logarithm makes a loss of it, and a gate on a loss selects."""


def is_plain(loss: Loss, condition: cst.CSTNode) -> bool:
    """Whether the margin of a condition is simple arithmetic on predictions, targets and constants.

    A gate that selects by a computed quantity (a per-sample loss, a distance, a rank) was put there
    on purpose.
    """
    return _made_of(loss, condition, _LINEAR | COMPARISONS.keys() | LOGICAL.keys(), frozenset())


def is_elementwise(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether each element of a value depends on the elements at its place alone."""
    return _made_of(loss, node, ELEMENTWISE, frozenset())


def is_guard(loss: Loss, gate: Gate) -> bool:
    """Whether a gate keeps a function from arguments at which it is not finite.

    Of a double ``where`` both have the same condition, and one of them replaces what is compared by a
    constant: ``where(x > 0, log(where(x > 0, x, 1)), 0)``.
    """
    code = loss.tree.code(gate.condition)
    twins = [each for each in gates(loss) if loss.tree.code(each.condition) == code]
    return len(twins) > 1 and any(_sanitises(loss, each) for each in twins)


def _sanitises(loss: Loss, gate: Gate) -> bool:
    sides = comparison(loss, gate.condition)
    if sides is None or gate.then is None or gate.otherwise is None:
        return False
    compared = [each for each in (sides[0], sides[2]) if loss.predicts(each)]
    branches = (gate.then, gate.otherwise)
    return any(a.deep_equals(b) for a in compared for b in branches) and not all(
        loss.predicts(each) for each in branches
    )


def _made_of(loss: Loss, node: cst.CSTNode, operations: Set[str], seen: frozenset[str]) -> bool:
    match node:
        case cst.Name(value=name):
            if name in (loss.y_true, loss.y_pred) or name in seen or not loss.is_tensor(node):
                return True
            values = loss.flow.values(name)
            return bool(values) and all(
                each.whole and _made_of(loss, each.value, operations, seen | {name})
                for each in values
            )
        case cst.Call(func=function, args=args):
            if not loss.is_tensor(node):
                return True
            known = loss.operation(node) in operations or dotted(function) in ("abs",)
            return known and all(_made_of(loss, each.value, operations, seen) for each in args)
        case cst.Attribute():
            return not loss.is_tensor(node)
        case cst.Subscript(value=value):
            return _made_of(loss, value, operations, seen)
        case cst.BinaryOperation(operator=cst.Power()) if operations is not ELEMENTWISE:
            return not loss.is_tensor(node)
        case cst.Comparison() | cst.BinaryOperation() | cst.UnaryOperation():
            return all(
                _made_of(loss, child, operations, seen)
                for child in node.children
                if isinstance(child, cst.BaseExpression)
            ) and all(
                _made_of(loss, child.comparator, operations, seen)
                for child in node.children
                if isinstance(child, cst.ComparisonTarget)
            )
    return not loss.is_tensor(node)


def deliberate(loss: Loss) -> bool:
    """Whether the function uses an idiom that says that its gradient was thought about."""
    operations = {
        loss.operation(node) for node in walk(loss.function) if isinstance(node, cst.Call)
    }
    decorators = {loss.operation(each.decorator) for each in loss.function.decorators}
    return bool((operations | decorators) & set(ON_PURPOSE))
