"""Conditions on the predictions: comparisons, what joins them, and steps that are compared for equality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.arithmetic import COMPARISON_TOKENS
from lossfix.losses.operations.gradients import COMPARISONS, LOGICAL, ROUNDING
from lossfix.syntax.build import expression
from lossfix.syntax.tree import names_below, walk

_QUANTIFIERS = {"tf.reduce_all": "all", "tf.reduce_any": "any"}
CASTS = ("tf.cast", "tf.saturate_cast", "keras.backend.cast_to_floatx")
_STEPS = ("round", "floor", "ceil")


@dataclass(frozen=True, eq=False)
class Step:
    """A map of the predictions onto steps: its value changes only by jumps."""

    kind: str
    """``round``, ``floor``, ``ceil``, ``trunc``, ``sign`` or ``argmax``."""
    value: cst.BaseExpression
    """What is rounded, or whose sign or largest element is taken."""
    call: cst.BaseExpression
    """The operation itself."""


def step(loss: Loss, node: cst.CSTNode) -> Step | None:
    """The step that a value of the predictions is, through casts and the name it was given."""
    if not loss.predicts(node):
        return None
    match node:
        case cst.BinaryOperation(left=left, operator=cst.FloorDivide(), right=right):
            return _floored(loss, left, right, node)
        case cst.Call(args=[cst.Arg(value=inner, star=""), *_]):
            operation = loss.operation(node)
            if operation == "tf.math.floordiv" and len(node.args) == 2:
                return _floored(loss, inner, node.args[1].value, node)
            if operation in CASTS:
                known = step(loss, inner)
                if known is not None:
                    return known
                discrete = casts_to_discrete(node) and not is_condition(loss, inner)
                return Step("trunc", inner, node) if discrete else None
            if operation == "tf.image.convert_image_dtype" and casts_to_discrete(node):
                # Floats of an image become whole steps of its range.
                return Step("trunc", inner, node)
            if operation == "tf.sign" or operation == "tf.argmax":
                return Step(operation[3:], inner, node)
            kind = ROUNDING.get(operation or "", "")
            if kind in _STEPS and operation is not None and operation.startswith("tf."):
                return _rounding(kind, inner, node)
            return None
    value = named_value(loss, node)
    return None if value is None else step(loss, value)


def _floored(
    loss: Loss, left: cst.BaseExpression, right: cst.BaseExpression, node: cst.BaseExpression
) -> Step | None:
    if loss.predicts(right):
        return None
    whole = isinstance(right, cst.Integer | cst.Float) and right.evaluated_value == 1
    return Step("floor", left if whole else expression("{a} / {b}", a=left, b=right), node)


def _rounding(kind: str, inner: cst.BaseExpression, node: cst.Call) -> Step:
    # `floor(x + 0.5)` is how rounding is written where there is no `round`.
    match inner:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=cst.Float() as right) if (
            kind == "floor" and right.evaluated_value == 0.5
        ):
            return Step("round", left, node)
        case cst.BinaryOperation(
            left=left, operator=cst.Subtract(), right=cst.Float() as right
        ) if (kind == "ceil" and right.evaluated_value == 0.5):
            return Step("round", left, node)
    return Step(kind, inner, node)


def steps_compared(loss: Loss, condition: cst.CSTNode) -> frozenset[str]:
    """The kinds of steps that stand in the equalities of a condition."""
    kinds: set[str] = set()
    sides = comparison(loss, condition)
    if sides is not None:
        if sides[1] in ("==", "!="):
            kinds |= {known.kind for each in (sides[0], sides[2]) if (known := step(loss, each))}
        return frozenset(kinds)
    joined = connective(loss, condition)
    inner: tuple[cst.BaseExpression, ...] = () if joined is None else joined[1]
    over = quantifier(loss, condition)
    if over is not None:
        inner = (over[1],)
    value = named_value(loss, condition)
    if value is not None:
        inner = (value,)
    return frozenset(kind for each in inner for kind in steps_compared(loss, each))


def as_condition(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The condition that a number of 0 or 1 was made of: ``c`` of ``cast(c)``, through its name."""
    match node:
        case cst.Call(args=[cst.Arg(value=inner, star=""), *_]):
            if loss.operation(node) in CASTS:
                return inner if is_condition(loss, inner) else as_condition(loss, inner)
            return node if is_condition(loss, node) else None
    if isinstance(node, cst.BaseExpression) and is_condition(loss, node):
        return node
    value = named_value(loss, node)
    return None if value is None else as_condition(loss, value)


def comparison(
    loss: Loss, node: cst.CSTNode
) -> tuple[cst.BaseExpression, str, cst.BaseExpression] | None:
    """``(left, operator, right)`` of a single comparison, as an operator or a function."""
    match node:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as target]):
            token = COMPARISON_TOKENS.get(type(target.operator))
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
    """What a local name stands for, where it is assigned once, as a whole, and not from itself."""
    if not isinstance(node, cst.Name):
        return None
    values = loss.flow.values(node.value)
    if len(values) != 1 or not values[0].whole:
        return None
    if not isinstance(values[0].node, cst.Assign | cst.AnnAssign):
        return None
    value = values[0].value
    return None if node.value in names_below(value) else value


def current_value(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """What a local name stands for where ``node`` reads it, be it that the name is set again elsewhere.

    What stands in it is true of the place at which it was set, and must not be moved.
    """
    value = named_value(loss, node)
    return loss.last_set(node) if value is None and isinstance(node, cst.Name) else value


def is_stable(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether every name in ``node`` means the same wherever it stands in the loss."""
    for each in walk(node, cst.Name):
        values = loss.flow.values(each.value)
        parameter = each.value in (loss.y_true, loss.y_pred)
        if len(values) > (0 if parameter else 1) or not all(v.whole for v in values):
            return False
    return True


def quantifier(loss: Loss, node: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    """``("all", c)`` of ``tf.reduce_all(c, ...)``."""
    match node:
        case cst.Call(args=[cst.Arg(value=inner, star=""), *_]):
            word = _QUANTIFIERS.get(loss.operation(node) or "")
            return None if word is None else (word, inner)
    return None


def is_condition(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` is a boolean that the predictions decide."""
    if not loss.predicts(node):
        return False
    if comparison(loss, node) is not None:
        return True
    over = quantifier(loss, node)
    if over is not None:
        return is_condition(loss, over[1])
    joined = connective(loss, node)
    if joined is not None:
        # Of two operands one may be a mask of the labels, under whatever name.
        return any(is_condition(loss, each) for each in joined[1])
    value = current_value(loss, node)
    return value is not None and is_condition(loss, value)


def uses(loss: Loss, name: str, since: cst.Assign | None = None) -> Iterator[cst.Name]:
    """Where a local name is read; with ``since``, where it may stand for what is assigned there.

    ``p = p > 0.5`` in the function's own block is read below it, and up to where ``p`` is set again.
    """
    for node in walk(loss.function, cst.Name):
        if node.value != name:
            continue
        if since is not None and _is_out_of_reach(loss, node, name, since):
            continue
        if is_of_an_inner_function(loss, node):
            continue
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


def is_of_an_inner_function(loss: Loss, node: cst.Name) -> bool:
    """Whether a name is the parameter of a function inside of the loss, and no variable of the loss."""
    for above in loss.tree.ancestors(node):
        if above is loss.function:
            return False
        if isinstance(above, cst.FunctionDef | cst.Lambda) and any(
            each.name.value == node.value for each in walk(above.params, cst.Param)
        ):
            return True
    return False


def _is_out_of_reach(loss: Loss, node: cst.Name, name: str, since: cst.Assign) -> bool:
    """Whether a read of ``name`` surely comes before what is assigned, or after it was set again."""
    spans = loss.tree.spans
    if node.value != name or node not in spans:
        return False
    if not _is_in_own_block(loss, since) or _is_deferred(loss, node):
        return False
    if spans[node] < spans[since] or node in set(walk(since)):
        return True
    return any(
        spans[since] < spans[each.node] < spans[node] and node not in set(walk(each.node))
        for each in loss.flow.values(name)
        if each.whole and _is_in_own_block(loss, each.node)
    )


def _is_in_own_block(loss: Loss, node: cst.CSTNode) -> bool:
    line = loss.tree.parents.get(node)
    return line is not None and loss.tree.parents.get(line) is loss.function.body


def _is_deferred(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a read stands in a function of its own, which may be called anywhere."""
    for above in loss.tree.ancestors(node):
        if above is loss.function:
            return False
        if isinstance(above, cst.FunctionDef | cst.Lambda):
            return True
    return False
