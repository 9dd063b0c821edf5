"""Hard gates: where a comparison of the predictions picks a value, and what else is alive there."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from enum import Enum

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import (
    CASTS,
    comparison,
    current_value,
    is_condition,
    step,
    uses,
)
from lossfix.losses.code.liveness import is_live, is_relaxed
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.operations.gradients import COMPARISONS, ELEMENTWISE, INDEX_OPERATIONS, LOGICAL
from lossfix.syntax.build import expression
from lossfix.syntax.remembered import remembered
from lossfix.syntax.tree import children, dotted, walk

ON_PURPOSE = ("tf.stop_gradient", "tf.custom_gradient", "tf.grad_pass_through")
"""Idioms that say that the author has thought about the gradient: gates beside them are left alone."""
_INDEXED = INDEX_OPERATIONS | {"tf.math.count_nonzero"}


_CASTING = ("keras.backend.mean", "keras.backend.sum")


class Use(str, Enum):
    """What a condition is used for."""

    PICK = "pick"
    """``where(c, a, b)``."""
    NUMBER = "number"
    """``cast(c, dtype)``, or ``c`` itself as an operand of arithmetic or under ``K.mean``."""
    COUNT = "count"
    """``count_nonzero(c)``."""
    SELECT = "select"
    """``boolean_mask(x, c)`` or ``x[c]``."""


@dataclass(frozen=True, eq=False)
class Gate:
    """One use of a condition on the predictions as a value."""

    node: cst.BaseExpression
    condition: cst.BaseExpression
    """The condition itself, followed through the name it was given."""
    named: cst.Name | None
    """The name in its place, where it has one."""
    then: cst.BaseExpression | None
    """What a true condition picks or selects from."""
    otherwise: cst.BaseExpression | None
    use: Use


@remembered(64)
def gates(loss: Loss) -> tuple[Gate, ...]:
    """The gates of a loss, in document order."""
    return tuple(_gates(loss))


def all_uses(loss: Loss, gate: Gate) -> tuple[cst.BaseExpression, ...]:
    """Where the condition of a gate is used: ``a[e < 0]`` and ``b[e < 0]`` are one to its author."""
    return tuple(
        each.node for each in gates(loss) if _is_same(loss, each.condition, gate.condition)
    )


def _is_same(loss: Loss, one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    if one is other:
        return True
    names = (each.value for each in walk(one, cst.Name))
    return one.deep_equals(other) and all(len(loss.flow.values(name)) <= 1 for name in names)


def _gates(loss: Loss) -> Iterator[Gate]:
    for node in walk(loss.function):
        found = _gate(loss, node)
        if found is None:
            continue
        if is_only_recorded(loss, found.node) or only_checks(loss, found.condition):
            continue
        flagged = flag_of(loss, found.node) is not None
        if flagged or is_live(loss, found.node) or not is_compared(loss, found.node):
            yield found


CHECKS = ("tf.math.is_nan", "tf.math.is_inf", "tf.math.is_finite")
"""Operations that ask of a tensor only whether its elements are numbers."""


def only_checks(loss: Loss, node: cst.CSTNode, seen: frozenset[str] = frozenset()) -> bool:
    """Whether all that a condition asks of the predictions is whether they are numbers: how many are not,
    and whether that is all of them."""
    if not loss.predicts(node):
        return True
    match node:
        case cst.Call() if loss.operation(node) in CHECKS:
            return True
        case cst.Name(value=name):
            values = loss.flow.values(name)
            return name in seen or (
                bool(values)
                and name not in (loss.y_true, loss.y_pred)
                and all(only_checks(loss, each.value, seen | {name}) for each in values)
            )
    return all(only_checks(loss, child, seen) for child in children(node))


def _gate(loss: Loss, node: cst.CSTNode) -> Gate | None:
    then: cst.BaseExpression | None = None
    otherwise: cst.BaseExpression | None = None
    if isinstance(node, cst.BaseExpression) and _is_counted_with(loss, node):
        named = node if isinstance(node, cst.Name) else None
        value = current_value(loss, node) if isinstance(node, cst.Name) else node
        return None if value is None else Gate(node, value, named, None, None, Use.NUMBER)
    match node:
        case cst.Subscript(
            value=then, slice=[cst.SubscriptElement(slice=cst.Index(value=condition))]
        ) if not isinstance(loss.tree.parents.get(node), cst.AssignTarget | cst.AugAssign):
            use = Use.SELECT
        case cst.Call(args=[cst.Arg(), *_]) if not any(each.star for each in node.args):
            operation = loss.operation(node)
            values = [each.value for each in node.args]
            condition = values[0]
            if operation in ("tf.where", "tf.cond") and len(values) == 3:
                use, (then, otherwise) = Use.PICK, values[1:]
                if operation == "tf.cond":
                    then, otherwise = (_body(each) for each in values[1:])
                    if then is None or otherwise is None:
                        return None
            elif operation in CASTS:
                use = Use.NUMBER
            elif operation == "tf.math.count_nonzero":
                use, condition = Use.COUNT, _counted(loss, condition)
            elif operation == "tf.boolean_mask" and len(values) >= 2:
                use, then, condition = Use.SELECT, values[0], values[1]
            else:
                return None
        case _:
            return None
    if not is_condition(loss, condition):
        return None
    named = condition if isinstance(condition, cst.Name) else None
    value = current_value(loss, condition) if named is not None else condition
    if value is None or not isinstance(node, cst.Call | cst.Subscript):
        return None
    return Gate(node, value, named, then, otherwise, use)


def _is_counted_with(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a condition stands where a number belongs, with no cast around it.

    Keras' own ``K.mean`` and ``K.sum`` cast it; arithmetic with it raises.
    """
    above = loss.tree.parents.get(node)
    match above:
        case cst.BinaryOperation(operator=cst.Add() | cst.Subtract() | cst.Multiply()):
            return is_condition(loss, node)
        case cst.Arg():
            call = loss.tree.parents[above]
            return (
                isinstance(call, cst.Call)
                and call.args[0] is above
                and (loss.qualified(call.func) or "").endswith(_CASTING)
                and is_condition(loss, node)
            )
    return False


def _counted(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """The condition of ``count_nonzero(round(a) - b)``, which counts where the two differ."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            if any(step(loss, each) is not None for each in (left, right)):
                return expression("{a} != {b}", a=left, b=right)
    return node


def _body(node: cst.BaseExpression) -> cst.BaseExpression | None:
    match node:
        case cst.Lambda(params=cst.Parameters(params=()), body=body):
            return body
    return None


def consumers(loss: Loss, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What a value goes into on its way to what is returned, also under the names it is given.

    What it reaches on more than one way comes once.
    """
    return _consumers(loss, node, frozenset(), set())


def _consumers(
    loss: Loss, node: cst.CSTNode, seen: frozenset[str], entered: set[cst.CSTNode]
) -> Iterator[cst.CSTNode]:
    for above in loss.tree.ancestors(node):
        if above is loss.function:
            return
        match above:
            case cst.Assign(targets=targets):
                for each in targets:
                    name = dotted(each.target)
                    if name is not None and name not in seen:
                        for use in uses(loss, name, above):
                            if use not in entered:
                                entered.add(use)
                                yield from _consumers(loss, use, seen | {name}, entered)
                return
        yield above


def flag_of(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The Python condition, not on tensors, under which ``node`` is reached; the nearest one."""
    inner: cst.CSTNode = node
    for above in loss.tree.ancestors(node):
        if above is loss.function:
            return None
        match above:
            case cst.If(test=test) | cst.IfExp(test=test) if inner is not test:
                if not loss.is_tensor(test):
                    return test
        inner = above
    return None


def is_compared(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a value ends in another comparison, or as an index: the gate is then there."""
    for above in consumers(loss, node):
        if comparison(loss, above) is not None:
            return True
        if isinstance(above, cst.Call) and loss.operation(above) in _INDEXED:
            return True
    return False


def is_float_again(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether an integer is at most summed up before it is cast to a float."""
    for above in consumers(loss, node):
        if isinstance(above, cst.Call):
            operation = loss.operation(above)
            if operation in CASTS and not casts_to_discrete(above):
                return True
            if operation not in ("tf.reduce_sum", "tf.add", "tf.reduce_max", "tf.reduce_min"):
                return False
        elif isinstance(above, cst.BinaryOperation) and not isinstance(above.operator, cst.Add):
            return False
    return False


_LINEAR = frozenset(
    {"tf.abs", "tf.add", "tf.subtract", "tf.multiply", "tf.divide", "tf.negative", "tf.sign"}
    | {"tf.round", "tf.math.rint"}
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
            given = name == loss.y_true or name in loss.predictions
            if given or name in seen or not loss.is_tensor(node):
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
                for child in children(node)
                if isinstance(child, cst.BaseExpression)
            ) and all(
                _made_of(loss, child.comparator, operations, seen)
                for child in children(node)
                if isinstance(child, cst.ComparisonTarget)
            )
    return not loss.is_tensor(node)


def deliberate(loss: Loss) -> bool:
    """Whether the function uses an idiom that says that its gradient was thought about."""
    operations = {
        loss.operation(node)
        for node in walk(loss.function, cst.Call)
        if not _is_detached_gate(node)
    }
    decorators = {loss.operation(each.decorator) for each in loss.function.decorators}
    return bool((operations | decorators) & set(ON_PURPOSE))


def _is_detached_gate(node: cst.Call) -> bool:
    match node.args:
        case [cst.Arg(value=cst.Call() as inner)]:
            return is_relaxed(inner)
    return False
