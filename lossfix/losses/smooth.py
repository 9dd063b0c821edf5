"""Smoothing a gate: a sigmoid of its margin, in margin space, that the gate is the limit of.

``where(c, a, b)`` becomes ``s * a + (1 - s) * b`` with ``s = sigmoid(steepness * margin)``. Conditions
that are joined are joined by the minimum or maximum of their margins: products of sigmoids have the
same limit, but collapse as conditions are added. A part that the predictions do not decide stays a
mask.
"""

from __future__ import annotations

import libcst as cst

from lossfix.losses.gates import Gate, comparison, connective, gates, named_value, uses
from lossfix.losses.loss import Loss, cast_target
from lossfix.losses.parameters import add, number
from lossfix.model import Gate as Form
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.tree import dotted

_SINGLE = ("float32", "floatx", "float")


def margin(loss: Loss, condition: cst.BaseExpression) -> cst.BaseExpression | None:
    """An expression that is positive where ``condition`` holds and negative where it does not.

    ``None`` where the condition has no margin: ``==``, or a part that the predictions do not decide.
    """
    sides = comparison(loss, condition)
    if sides is not None:
        left, operator, right = sides
        if operator in (">", ">="):
            return left if _is_number(right, 0) else expression("{a} - {b}", a=left, b=right)
        if operator in ("<", "<="):
            return right if _is_number(left, 0) else expression("{a} - {b}", a=right, b=left)
        return None
    joined = connective(loss, condition)
    if joined is not None:
        word, parts = joined
        margins = [margin(loss, each) if loss.predicts(each) else None for each in parts]
        if any(each is None for each in margins):
            return None
        known = [each for each in margins if each is not None]
        if word == "not":
            return expression("-{a}", a=known[0])
        if word in ("and", "or"):
            operation = loss.spell("tf.minimum" if word == "and" else "tf.maximum")
            return expression(f"{operation}({{a}}, {{b}})", a=known[0], b=known[1])
        return None
    value = named_value(loss, condition)
    return None if value is None else margin(loss, value)


def soft(
    loss: Loss, condition: cst.BaseExpression, steepness: cst.BaseExpression, negated: bool = False
) -> cst.BaseExpression | None:
    """A number between 0 and 1 that approaches ``condition`` (or its negation) as steepness grows."""
    if not loss.predicts(condition):
        mask = expression(
            f"{loss.spell('tf.cast')}({{c}}, {{p}}.dtype)", c=condition, p=cst.Name(loss.y_pred)
        )
        return expression("1.0 - {m}", m=mask) if negated else mask
    whole = margin(loss, condition)
    if whole is not None:
        if negated:
            whole = _opposite(loss, condition, whole)
        return _sigmoid(loss, steepness, whole)
    joined = connective(loss, condition)
    if joined is not None:
        return _soft_joined(loss, joined, steepness, negated)
    value = named_value(loss, condition)
    return None if value is None else soft(loss, value, steepness, negated)


def _soft_joined(
    loss: Loss,
    joined: tuple[str, tuple[cst.BaseExpression, ...]],
    steepness: cst.BaseExpression,
    negated: bool,
) -> cst.BaseExpression | None:
    word, parts = joined
    if word == "not":
        return soft(loss, parts[0], steepness, not negated)
    if word not in ("and", "or"):
        return None
    # De Morgan: the negation of both is either of the negations.
    both = (word == "and") != negated
    first, second = (soft(loss, each, steepness, negated) for each in parts)
    if first is None or second is None:
        return None
    if both:
        return expression("{a} * {b}", a=first, b=second)
    return expression(f"{loss.spell('tf.maximum')}({{a}}, {{b}})", a=first, b=second)


def _sigmoid(
    loss: Loss, steepness: cst.BaseExpression, whole: cst.BaseExpression
) -> cst.BaseExpression:
    name = loss.spell("tf.sigmoid")
    gate = expression(f"{name}({{k}} * {{m}})", k=steepness, m=whole)
    if loss.relaxation.gate is Form.DETACHED:
        return expression(f"{loss.spell('tf.stop_gradient')}({{g}})", g=gate)
    return gate


def _opposite(
    loss: Loss, condition: cst.BaseExpression, whole: cst.BaseExpression
) -> cst.BaseExpression:
    match whole:
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            return expression("{a} - {b}", a=right, b=left)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return inner
    return expression("-{a}", a=whole)


def _is_number(node: cst.CSTNode | None, value: float) -> bool:
    match node:
        case cst.Integer() | cst.Float():
            return float(node.evaluated_value) == value
    return False


def constant(loss: Loss, node: cst.BaseExpression | None) -> float | None:
    """The number that a branch of a ``where`` is everywhere; ``None`` where it is no literal."""
    match node:
        case cst.Integer() | cst.Float():
            return float(node.evaluated_value)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            value = constant(loss, inner)
            return None if value is None else -value
        case cst.Call(args=[cst.Arg(value=inner), *_]):
            operation = loss.operation(node)
            if operation == "tf.ones_like":
                return 1.0
            if operation == "tf.zeros_like":
                return 0.0
            if operation in ("tf.constant", "tf.convert_to_tensor"):
                return constant(loss, inner)
    return None


def smooth(loss: Loss, gate: Gate) -> dict[cst.CSTNode, Replacement] | None:
    """The replacements that smooth one gate and everything that shares its condition by name.

    ``None`` where the condition has no margin or the loss no place for a parameter.
    """
    added = add(loss, "steepness", number(loss.relaxation.steepness))
    if added is None:
        return None
    replace: dict[cst.CSTNode, Replacement] = dict(added.replace)
    shared = _shared(loss, gate)
    if shared is not None:
        binding, group = shared
        weight = soft(loss, gate.condition, added.reference)
        if weight is None:
            return None
        replace[binding] = weight
        assert gate.named is not None
        for each in group:
            replace[each.node] = _blend(loss, each, cst.Name(gate.named.value))
        return replace
    inline = _inline(loss, gate, added.reference)
    if inline is not None:
        replace[gate.node] = inline
        return replace
    weight = soft(loss, gate.condition, added.reference)
    if weight is None:
        return None
    statement = _statement_of(loss, gate.node)
    if statement is None:
        assert gate.then is not None
        assert gate.otherwise is not None
        replace[gate.node] = expression(
            "{b} + {s} * ({a} - {b})", a=gate.then, b=gate.otherwise, s=weight
        )
        return replace
    name = loss.local(_name_of(loss, gate), "gate")
    assignment = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], weight)])
    replace[gate.node] = _blend(loss, gate, cst.Name(name))
    replace[statement] = lambda node: _below(assignment, node)
    return replace


def _below(assignment: cst.SimpleStatementLine, node: cst.CSTNode) -> list[cst.CSTNode]:
    # Comments above the statement stay above both.
    assert isinstance(node, cst.SimpleStatementLine)
    return [
        assignment.with_changes(leading_lines=node.leading_lines),
        node.with_changes(leading_lines=[]),
    ]


def _shared(loss: Loss, gate: Gate) -> tuple[cst.BaseExpression, list[Gate]] | None:
    """Where a condition has a name that only gates read: what is bound to it, and those gates."""
    if gate.named is None:
        return None
    group = [
        each
        for each in gates(loss)
        if each.named is not None and each.named.value == gate.named.value
    ]
    read = {id(each.named) for each in group}
    if any(id(use) not in read for use in uses(loss, gate.named.value)):
        return None
    value = named_value(loss, gate.named)
    return None if value is None else (value, group)


def _inline(loss: Loss, gate: Gate, steepness: cst.BaseExpression) -> cst.BaseExpression | None:
    """The gate as one expression, where its branches are constants that make it short."""
    if gate.then is None or gate.otherwise is None:
        weight = soft(loss, gate.condition, steepness)
        return None if weight is None else _as_cast(loss, gate, weight)
    high, low = constant(loss, gate.then), constant(loss, gate.otherwise)
    if high is None or low is None or 0.0 not in (high, low):
        return None
    weight = soft(loss, gate.condition, steepness, negated=high == 0.0)
    factor = low if high == 0.0 else high
    if weight is None or factor == 1.0:
        return weight
    return expression("{f} * {s}", f=cst.parse_expression(number(factor)), s=weight)


def _as_cast(loss: Loss, gate: Gate, weight: cst.BaseExpression) -> cst.BaseExpression:
    # The weight has the dtype of the predictions; single precision is what Keras computes losses in.
    target = cast_target(gate.node)
    if target is None:
        return weight
    if isinstance(target, cst.SimpleString):
        named = str(target.evaluated_value)
    else:
        named = dotted(target.func if isinstance(target, cst.Call) else target) or ""
    last = named.split(".")[-1]
    if last in _SINGLE or last == "dtype":
        return weight
    return expression(f"{loss.spell('tf.cast')}({{s}}, {{t}})", s=weight, t=target)


def _blend(loss: Loss, gate: Gate, weight: cst.BaseExpression) -> cst.BaseExpression:
    """``then`` and ``otherwise`` mixed by ``weight``, in the shortest form that says so."""
    if gate.then is None or gate.otherwise is None:
        return _as_cast(loss, gate, weight)
    high, low = constant(loss, gate.then), constant(loss, gate.otherwise)
    if high is not None and low is not None and 0.0 in (high, low):
        rest = expression("1.0 - {s}", s=weight) if high == 0.0 else weight
        factor = low if high == 0.0 else high
        if factor == 1.0:
            return rest
        return expression("{f} * {s}", f=cst.parse_expression(number(factor)), s=rest)
    common = _common_factor(gate.then, gate.otherwise)
    if common is not None:
        factor_, first, second = common
        return expression(
            "{f} * ({a} * {s} + {b} * (1.0 - {s}))",
            f=factor_,
            a=_floating(first),
            b=_floating(second),
            s=weight,
        )
    return expression(
        "{s} * {a} + (1.0 - {s}) * {b}",
        a=_floating(gate.then),
        b=_floating(gate.otherwise),
        s=weight,
    )


def _floating(node: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(node, cst.Integer):
        return cst.parse_expression(number(float(node.evaluated_value)))
    return node


def _common_factor(
    then: cst.BaseExpression, otherwise: cst.BaseExpression
) -> tuple[cst.BaseExpression, cst.BaseExpression, cst.BaseExpression] | None:
    """``(f, a, b)`` where both branches are ``f`` times a number or a name."""
    match then, otherwise:
        case (
            cst.BinaryOperation(left=a, operator=cst.Multiply(), right=b),
            cst.BinaryOperation(left=c, operator=cst.Multiply(), right=d),
        ):
            for factor, first in ((a, b), (b, a)):
                for other, second in ((c, d), (d, c)):
                    if (
                        factor.deep_equals(other)
                        and not isinstance(factor, cst.BaseNumber)
                        and all(isinstance(x, cst.BaseNumber | cst.Name) for x in (first, second))
                    ):
                        return factor, first, second
    return None


def _name_of(loss: Loss, gate: Gate) -> str:
    sides = comparison(loss, gate.condition)
    if sides is None or loss.predicts(sides[2]):
        return "gate"
    return "above" if sides[1] in (">", ">=") else "below"


def _statement_of(loss: Loss, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
    for above in loss.tree.ancestors(node):
        if isinstance(above, cst.SimpleStatementLine):
            return above
        if isinstance(above, cst.Lambda | cst.CompFor | cst.BaseComp | cst.IfExp | cst.FunctionDef):
            return None
    return None
