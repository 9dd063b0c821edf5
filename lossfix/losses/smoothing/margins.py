"""The margin of a condition, and the number between 0 and 1 that approaches it as it gets steeper.

Conditions that are joined are joined by the minimum or maximum of their margins: products of sigmoids
have the same limit, but collapse as conditions are added. A part that the predictions do not decide
stays a mask. What has no margin, such as an equality of two largest classes, has a product of
probabilities.
"""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import (
    Step,
    as_condition,
    comparison,
    connective,
    named_value,
    quantifier,
    step,
)
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing.factors import Factors, straight, undecided, where_decided
from lossfix.losses.smoothing.shares import Share, share_of
from lossfix.model import Gate
from lossfix.syntax.build import expression
from lossfix.syntax.literals import number_of

_HALF = {"round": "", "floor": " - 0.5", "ceil": " + 0.5"}
"""How far from a whole number the middle lies of what becomes it."""


def margin(loss: Loss, condition: cst.BaseExpression) -> cst.BaseExpression | None:
    """An expression that is positive where ``condition`` holds and negative where it does not.

    ``None`` where the condition has no margin: ``==`` of numbers, a comparison of steps, a part that the
    predictions do not decide, or one that they do not decide everywhere.
    """
    sides = comparison(loss, condition)
    if sides is not None:
        return None if undecided(loss, *sides) else _of_comparison(loss, *sides)
    over = quantifier(loss, condition)
    if over is not None:
        return _of_quantifier(loss, condition, *over)
    joined = connective(loss, condition)
    if joined is not None:
        word, parts = joined
        if word == "xor":
            same = _of_equality(loss, *parts) or _of_equality(loss, parts[1], parts[0])
            return None if same is None else opposite(same)
        margins = [margin(loss, each) if loss.predicts(each) else None for each in parts]
        if any(each is None for each in margins):
            return None
        known = [each for each in margins if each is not None]
        if word == "not":
            return opposite(known[0])
        if word in ("and", "or"):
            operation = loss.spell("tf.minimum" if word == "and" else "tf.maximum")
            return expression(f"{operation}({{a}}, {{b}})", a=known[0], b=known[1])
        return None
    value = named_value(loss, condition)
    return None if value is None else margin(loss, value)


def _of_comparison(
    loss: Loss, left: cst.BaseExpression, operator: str, right: cst.BaseExpression
) -> cst.BaseExpression | None:
    if operator in ("==", "!="):
        same = _of_equality(loss, left, right) or _of_equality(loss, right, left)
        if same is None or operator == "==":
            return same
        return opposite(same)
    left, right = straight(loss, left, operator, right)
    if any(loss.predicts(each) and not is_live(loss, each) for each in (left, right)):
        # Of steps there is nothing to take a sigmoid of.
        return None
    if operator in ("<", "<="):
        left, right = right, left
    if number_of(right) == 0:
        return left
    return opposite(right) if number_of(left) == 0 else difference(left, right)


def _of_equality(
    loss: Loss, side: cst.BaseExpression, other: cst.BaseExpression
) -> cst.BaseExpression | None:
    """The margin of ``side == other`` where ``side`` has steps or is 0 or 1, and ``other`` is given."""
    if not loss.predicts(side) or loss.predicts(other):
        return None
    known = step(loss, side)
    if known is not None:
        return _of_step(loss, known, other) if is_live(loss, known.value) else None
    condition = as_condition(loss, side)
    inner = None if condition is None else margin(loss, condition)
    if inner is None:
        return None
    if number_of(other) in (0, 1):
        return inner if number_of(other) == 1 else opposite(inner)
    # Positive on the side of the threshold on which a target of 0 or 1 wants the predictions.
    return expression("(2.0 * {o} - 1.0) * {m}", o=as_float(loss, other), m=inner)


def _of_step(loss: Loss, known: Step, other: cst.BaseExpression) -> cst.BaseExpression | None:
    if known.kind in _HALF:
        distance = f"{{x}}{_HALF[known.kind]} - {{o}}"
        return expression(
            f"0.5 - {loss.spell('tf.abs')}({distance})", x=known.value, o=as_float(loss, other)
        )
    if known.kind == "sign":
        if number_of(other) == 0:
            return None
        if number_of(other) in (-1, 1):
            return known.value if number_of(other) == 1 else opposite(known.value)
        return expression("{o} * {x}", o=as_float(loss, other), x=known.value)
    return None


def as_float(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """``node`` in the dtype of the predictions, where it is an integer or a boolean."""
    whole = isinstance(node, cst.Call) and (
        loss.operation(node) == "tf.argmax"
        or (loss.operation(node) == "tf.cast" and casts_to_discrete(node))
    )
    value = named_value(loss, node)
    if value is not None and not whole:
        whole = as_float(loss, value) is not value
    if not whole and comparison(loss, node) is None and connective(loss, node) is None:
        return node
    cast = loss.spell("tf.cast")
    return expression(f"{cast}({{v}}, {{p}}.dtype)", v=node, p=cst.Name(loss.y_pred))


def _of_quantifier(
    loss: Loss, condition: cst.BaseExpression, word: str, inner: cst.BaseExpression
) -> cst.BaseExpression | None:
    within = margin(loss, inner) if loss.predicts(inner) else None
    if within is None:
        return None
    return _reduced(loss, condition, "tf.reduce_min" if word == "all" else "tf.reduce_max", within)


def _reduced(
    loss: Loss, call: cst.BaseExpression, operation: str, value: cst.BaseExpression
) -> cst.BaseExpression:
    """The reduction ``call`` by another operation and of another value."""
    assert isinstance(call, cst.Call)
    function = cst.parse_expression(loss.spell(operation))
    first = call.args[0].with_changes(value=value.deep_clone())
    return cst.Call(function, [first, *(each.deep_clone() for each in call.args[1:])])


def soft(
    loss: Loss,
    condition: cst.BaseExpression,
    steepness: cst.BaseExpression,
    negated: bool = False,
    step_of_shares: cst.Name | None = None,
) -> cst.BaseExpression | None:
    """A number between 0 and 1 that approaches ``condition`` (or its negation) as steepness grows.

    Args:
        step_of_shares: the function to smooth gates on shares by, in the place of a sigmoid.
    """
    if not loss.predicts(condition):
        mask = expression(
            f"{loss.spell('tf.cast')}({{c}}, {{p}}.dtype)", c=condition, p=cst.Name(loss.y_pred)
        )
        return expression("1.0 - {m}", m=mask) if negated else mask
    share = None if step_of_shares is None else share_of(loss, condition)
    if share is not None and step_of_shares is not None:
        return _stepped(loss, share, steepness, negated, step_of_shares)
    sides = comparison(loss, condition)
    decided = Factors() if sides is None else undecided(loss, *sides)
    if sides is not None and decided:
        return _soft_where_decided(loss, sides, decided, steepness, negated)
    whole = margin(loss, condition)
    if whole is not None:
        return _sigmoid(loss, steepness, opposite(whole) if negated else whole)
    joined = connective(loss, condition)
    if joined is not None:
        return _soft_joined(loss, joined, steepness, negated, step_of_shares)
    same = _same_class(loss, condition, steepness)
    over = quantifier(loss, condition)
    if over is not None:
        same = _soft_quantifier(loss, condition, over, steepness)
    if same is not None:
        differs = sides is not None and sides[1] == "!="
        return expression("1.0 - {s}", s=same) if negated != differs else same
    value = named_value(loss, condition)
    return None if value is None else soft(loss, value, steepness, negated, step_of_shares)


def _soft_where_decided(
    loss: Loss,
    sides: tuple[cst.BaseExpression, str, cst.BaseExpression],
    decided: Factors,
    steepness: cst.BaseExpression,
    negated: bool,
) -> cst.BaseExpression | None:
    """The same of a comparison whose margin is zero for some targets, whatever is predicted."""
    whole = _of_comparison(loss, *sides)
    if whole is None or not decided.certain:
        return None
    lets_zero_pass = (sides[1] in ("<=", ">=", "!=")) != negated
    weight = _sigmoid(loss, steepness, opposite(whole) if negated else whole)
    return where_decided(loss, decided, weight, float(lets_zero_pass))


def _same_class(
    loss: Loss, condition: cst.BaseExpression, steepness: cst.BaseExpression
) -> cst.BaseExpression | None:
    """The probability of the class that ``argmax`` of the predictions is compared with."""
    sides = comparison(loss, condition)
    if sides is None or sides[1] not in ("==", "!="):
        return None
    for side, other in ((sides[0], sides[2]), (sides[2], sides[0])):
        known = step(loss, side)
        if known is None or known.kind != "argmax" or loss.predicts(other):
            continue
        axis = axis_of(loss, known)
        if axis is None or not is_live(loss, known.value):
            return None
        index = other
        if _is_a_number_of_a_class(loss, other):
            index = expression(f"{loss.spell('tf.cast')}({{o}}, 'int32')", o=other)
        labels = expression(
            f"{loss.spell('tf.one_hot')}({{i}}, {loss.spell('tf.shape')}({{x}})[{axis}]"
            + ("" if axis == -1 else f", axis={axis}")
            + ", dtype={p}.dtype)",
            i=index,
            x=known.value,
            p=cst.Name(loss.y_pred),
        )
        share = softmax(loss, known.value, axis, steepness)
        return expression(
            f"{loss.spell('tf.reduce_sum')}({{l}} * {{s}}, axis={axis})", l=labels, s=share
        )
    return None


def _is_a_number_of_a_class(loss: Loss, node: cst.BaseExpression) -> bool:
    known = named_value(loss, node) or node
    if isinstance(known, cst.Call):
        operation = loss.operation(known)
        if operation == "tf.argmax":
            return False
        if operation == "tf.cast":
            return not casts_to_discrete(known)
    return True


def axis_of(loss: Loss, known: Step) -> int | None:
    """The axis of an ``argmax``; ``None`` where it is not written, or no literal."""
    call = known.call
    assert isinstance(call, cst.Call)
    given = [each.value for each in call.args[1:] if each.keyword is None]
    given += [
        each.value
        for each in call.args
        if each.keyword is not None and each.keyword.value in ("axis", "dimension")
    ]
    if not given:
        name = loss.qualified(call.func) or ""
        return -1 if ".backend." in name and not name.startswith("keras.ops") else None
    match given[0]:
        case cst.Integer(value=value):
            return int(value)
        case cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer(value=value)):
            return -int(value)
    return None


def softmax(
    loss: Loss, value: cst.BaseExpression, axis: int, steepness: cst.BaseExpression
) -> cst.BaseExpression:
    """One-hot of the largest element of ``value``, as it is approached."""
    along = "" if axis == -1 else f", axis={axis}"
    return expression(f"{loss.spell('tf.nn.softmax')}({{k}} * {{x}}{along})", k=steepness, x=value)


def _soft_quantifier(
    loss: Loss,
    condition: cst.BaseExpression,
    over: tuple[str, cst.BaseExpression],
    steepness: cst.BaseExpression,
) -> cst.BaseExpression | None:
    word, inner = over
    within = soft(loss, inner, steepness, negated=word == "any")
    if within is None:
        return None
    product = _reduced(loss, condition, "tf.reduce_prod", within)
    return product if word == "all" else expression("1.0 - {p}", p=product)


def _soft_joined(
    loss: Loss,
    joined: tuple[str, tuple[cst.BaseExpression, ...]],
    steepness: cst.BaseExpression,
    negated: bool,
    step_of_shares: cst.Name | None,
) -> cst.BaseExpression | None:
    word, parts = joined
    if word == "not":
        return soft(loss, parts[0], steepness, not negated, step_of_shares)
    if word not in ("and", "or"):
        return None
    # De Morgan: the negation of both is either of the negations.
    both = (word == "and") != negated
    first, second = (soft(loss, each, steepness, negated, step_of_shares) for each in parts)
    if first is None or second is None:
        return None
    if both:
        return expression("{a} * {b}", a=first, b=second)
    return expression(f"{loss.spell('tf.maximum')}({{a}}, {{b}})", a=first, b=second)


def _sigmoid(
    loss: Loss, steepness: cst.BaseExpression, whole: cst.BaseExpression
) -> cst.BaseExpression:
    name = loss.spell("tf.sigmoid")
    return _as_asked(loss, expression(f"{name}({{m}})", m=scaled(steepness, whole)))


def _stepped(
    loss: Loss,
    share: Share,
    steepness: cst.BaseExpression,
    negated: bool,
    function: cst.Name,
) -> cst.BaseExpression:
    gate = expression(
        "{f}({x}, {t}, {k})", f=function, x=share.value, t=share.threshold, k=steepness
    )
    whole = _as_asked(loss, gate)
    return whole if share.above != negated else expression("1.0 - {s}", s=whole)


def _as_asked(loss: Loss, gate: cst.BaseExpression) -> cst.BaseExpression:
    if loss.relaxation.gate is Gate.DETACHED:
        return expression(f"{loss.spell('tf.stop_gradient')}({{g}})", g=gate)
    return gate


def scaled(
    steepness: cst.BaseExpression, value: cst.BaseExpression, factor: str = ""
) -> cst.BaseExpression:
    """``factor * steepness * value``, with the sign of ``value`` in front."""
    head = f"{factor} * {{k}}" if factor else "{k}"
    match value:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return expression(f"-{head} * {{x}}", k=steepness, x=inner)
        case cst.BinaryOperation(
            left=cst.UnaryOperation(operator=cst.Minus(), expression=left),
            operator=cst.Multiply(),
            right=right,
        ):
            return expression(f"-{head} * {{a}} * {{b}}", k=steepness, a=left, b=right)
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return expression(f"{head} * {{a}} * {{b}}", k=steepness, a=left, b=right)
    return expression(f"{head} * {{x}}", k=steepness, x=value)


def difference(left: cst.BaseExpression, right: cst.BaseExpression) -> cst.BaseExpression:
    """``left - right``; a product needs no brackets there."""
    match left:
        case cst.BinaryOperation(operator=cst.Multiply() | cst.Divide()):
            whole = expression("{a} * 1 - {b}", a=cst.Name("a"), b=right)
            assert isinstance(whole, cst.BinaryOperation)
            return whole.with_changes(left=left.deep_clone())
    return expression("{a} - {b}", a=left, b=right)


def opposite(whole: cst.BaseExpression) -> cst.BaseExpression:
    """The margin of the negation, in the shortest form that says so."""
    match whole:
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            return difference(right, left)
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return expression("-{a} * {b}", a=left, b=right)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return inner
    return expression("-{a}", a=whole)
