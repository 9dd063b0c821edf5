"""Smoothing a gate: a sigmoid of its margin that the gate is the limit of.

``where(c, a, b)`` becomes ``s * a + (1 - s) * b`` with ``s = sigmoid(steepness * margin)``, ``cast(c)``
becomes ``s``, a count a sum of ``s``, and the mean of a selection a mean that is weighted by ``s``. Of shares
that are counted, ``s`` is what ``shares`` makes of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.casts import cast_target, casts_to_discrete
from lossfix.losses.code.conditions import CASTS, comparison, named_value, uses
from lossfix.losses.code.everywhere import number_everywhere
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import named, orphaned, statement_of
from lossfix.losses.code.parameters import add, number
from lossfix.losses.smoothing.gates import Gate, Use, gates, is_float_again
from lossfix.losses.smoothing.margins import soft
from lossfix.losses.smoothing.paths import Path, path_of
from lossfix.losses.smoothing.shares import is_counted, soft_step
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.tree import dotted, names_below, walk

_SINGLE = ("float32", "floatx", "float")


def obstacle(loss: Loss, gate: Gate) -> str:
    """Why a gate cannot be smoothed; empty where it can."""
    if gate.named is not None and named_value(loss, gate.named) is None:
        return f"`{gate.named.value}` is set more than once: give the condition a name of its own"
    if soft(loss, gate.condition, cst.Name("steepness")) is None:
        return _lack_of_a_margin(loss, gate.condition)
    if gate.use is Use.NUMBER and _is_whole(gate) and not is_float_again(loss, gate.node):
        return "it is computed with as an integer"
    if gate.use is Use.SELECT and _reduction(loss, gate) is None:
        return "what is selected is not simply averaged or summed up: its length would change"
    return ""


def _lack_of_a_margin(loss: Loss, condition: cst.BaseExpression) -> str:
    sides = comparison(loss, condition)
    if sides is not None and sides[1] in ("==", "!="):
        return "an equality has no margin: it holds at single values, and a tolerance is yours to choose"
    return (
        "it has no margin: what it compares changes in steps, or is set again before it is compared"
    )


def _is_whole(gate: Gate) -> bool:
    return isinstance(gate.node, cst.Call) and casts_to_discrete(gate.node)


@dataclass(frozen=True, eq=False)
class Smoothing:
    """What smooths a gate: nodes that replace others, and what it needs above the loss."""

    replace: dict[cst.CSTNode, Replacement]
    before: tuple[cst.BaseStatement, ...] = ()


def smooth(loss: Loss, gate: Gate) -> Smoothing | None:
    """What smooths one gate and everything that shares its condition by name.

    ``None`` where the condition has no margin or the loss no place for a parameter.
    """
    shared = _shared(loss, gate)
    step, before = _step_of(loss, [gate] if shared is None else shared[1])
    replace = _smooth(loss, gate, shared, step)
    return None if replace is None else Smoothing(replace, before)


def _step_of(
    loss: Loss, group: list[Gate]
) -> tuple[cst.Name | None, tuple[cst.BaseStatement, ...]]:
    """The function by which gates of one condition become weights where they count shares, and its
    definition; nothing where they do not, and a sigmoid will do."""
    if not any(is_counted(loss, each) and path_of(loss, each) is Path.DEAD for each in group):
        return None, ()
    function, before = soft_step(loss)
    weight = soft(loss, group[0].condition, cst.Name("steepness"), step_of_shares=function)
    if weight is None or function.value not in names_below(weight):
        return None, ()
    return function, before


def _smooth(
    loss: Loss,
    gate: Gate,
    shared: tuple[cst.BaseExpression, list[Gate]] | None,
    step: cst.Name | None,
) -> dict[cst.CSTNode, Replacement] | None:
    added = add(loss, "steepness", number(loss.relaxation.steepness))
    if added is None or obstacle(loss, gate):
        return None
    replace: dict[cst.CSTNode, Replacement] = dict(added.replace)
    if shared is not None:
        binding, group = shared
        weight = soft(loss, gate.condition, added.reference, step_of_shares=step)
        if weight is None:
            return None
        replace[binding] = weight
        assert gate.named is not None
        for each in group:
            replace.update(_used(loss, each, cst.Name(gate.named.value)))
        return {**replace, **orphaned(loss, (binding,), weight)}
    inline = _inline(loss, gate, added.reference, step)
    if inline is not None:
        replace[gate.node] = inline
        return {**replace, **orphaned(loss, (gate.node,), inline)}
    weight = soft(loss, gate.condition, added.reference, step_of_shares=step)
    if weight is None:
        return None
    if statement_of(loss, gate.node) is None:
        if gate.use is not Use.PICK or gate.then is None or gate.otherwise is None:
            return None
        replace[gate.node] = expression(
            "{b} + {s} * ({a} - {b})", a=gate.then, b=gate.otherwise, s=weight
        )
        return replace
    at = _reduction(loss, gate) or gate.node
    bound = named(loss, at, weight, _name_of(loss, gate), "gate")
    assert bound is not None
    name, binding_ = bound
    replace.update(_used(loss, gate, name))
    replace.update(binding_)
    return {**replace, **orphaned(loss, (gate.condition,), weight)}


def _used(loss: Loss, gate: Gate, weight: cst.BaseExpression) -> dict[cst.CSTNode, Replacement]:
    """What stands in the place of one use of a condition, once it is a weight."""
    if gate.use is not Use.SELECT:
        return {gate.node: _blend(loss, gate, weight)}
    reduction = _reduction(loss, gate)
    assert reduction is not None
    assert gate.then is not None
    total = loss.spell("tf.reduce_sum")
    if loss.operation(reduction) == "tf.reduce_sum":
        value = expression(f"{total}({{s}} * {{x}})", s=weight, x=gate.then)
    else:
        # An empty selection has no mean; the weights never all vanish, but may underflow.
        value = expression(
            f"{total}({{s}} * {{x}}) / ({total}({{s}}) + 1e-7)", s=weight, x=gate.then
        )
    replace: dict[cst.CSTNode, Replacement] = {reduction: value}
    replace.update(orphaned(loss, (reduction,), value))
    return replace


def _reduction(loss: Loss, gate: Gate) -> cst.Call | None:
    """The mean or sum of everything that a gate selects, where that is all that becomes of it."""
    if gate.use is not Use.SELECT:
        return None
    node: cst.CSTNode = gate.node
    parent = loss.tree.parents.get(node)
    if isinstance(parent, cst.Assign):
        match parent.targets:
            case [cst.AssignTarget(target=cst.Name(value=name))]:
                found = list(uses(loss, name))
                if len(found) != 1 or len(loss.flow.values(name)) != 1:
                    return None
                node = found[0]
    above = loss.tree.parents.get(node)
    call = None if above is None else loss.tree.parents.get(above)
    if not isinstance(above, cst.Arg) or not isinstance(call, cst.Call) or len(call.args) != 1:
        return None
    return call if loss.operation(call) in ("tf.reduce_mean", "tf.reduce_sum") else None


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


def _inline(
    loss: Loss, gate: Gate, steepness: cst.BaseExpression, step: cst.Name | None
) -> cst.BaseExpression | None:
    """The gate as one expression, where its branches are constants that make it short."""
    if gate.use is Use.SELECT:
        return None
    if gate.then is None or gate.otherwise is None:
        weight = soft(loss, gate.condition, steepness, step_of_shares=step)
        return None if weight is None else _blend(loss, gate, weight)
    high, low = number_everywhere(loss, gate.then), number_everywhere(loss, gate.otherwise)
    if high is None or low is None or 0.0 not in (high, low):
        return None
    weight = soft(loss, gate.condition, steepness, high == 0.0, step)
    factor = low if high == 0.0 else high
    if weight is None or factor == 1.0:
        return weight
    return expression("{f} * {s}", f=cst.parse_expression(number(factor)), s=weight)


def _counted(loss: Loss, gate: Gate, weight: cst.BaseExpression) -> cst.BaseExpression:
    assert isinstance(gate.node, cst.Call)
    kept = [
        each
        for each in gate.node.args[1:]
        if each.keyword is None or each.keyword.value not in ("dtype", "name")
    ]
    call = cst.Call(
        cst.parse_expression(loss.spell("tf.reduce_sum")),
        [cst.Arg(weight), *(each.deep_clone() for each in kept)],
    )
    return call.with_changes(
        args=[
            each.with_changes(comma=cst.MaybeSentinel.DEFAULT) if n == len(kept) else each
            for n, each in enumerate(call.args)
        ]
    )


def _as_cast(loss: Loss, gate: Gate, weight: cst.BaseExpression) -> cst.BaseExpression:
    # The weight has the dtype of the predictions; single precision is what Keras computes losses in.
    if not isinstance(gate.node, cst.Call) or loss.operation(gate.node) not in CASTS:
        return weight
    target = cast_target(gate.node)
    if target is None or casts_to_discrete(gate.node):
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
    if gate.use is Use.COUNT:
        return _counted(loss, gate, weight)
    if gate.then is None or gate.otherwise is None:
        return _as_cast(loss, gate, weight)
    high, low = number_everywhere(loss, gate.then), number_everywhere(loss, gate.otherwise)
    if high is not None and low is not None and 0.0 in (high, low):
        rest = expression("1.0 - {s}", s=weight) if high == 0.0 else weight
        factor = low if high == 0.0 else high
        if factor == 1.0:
            return rest
        return expression("{f} * {s}", f=cst.parse_expression(number(factor)), s=rest)
    if high == 0.0:
        return expression("(1.0 - {s}) * {b}", b=gate.otherwise, s=weight)
    if low == 0.0:
        return expression("{s} * {a}", a=gate.then, s=weight)
    common = _common_factor(gate.then, gate.otherwise)
    if common is not None:
        factor_, first, second = common
        high_ = "{s}" if first is None else "{a} * {s}"
        low_ = "(1.0 - {s})" if second is None else "{b} * (1.0 - {s})"
        return expression(
            f"{{f}} * ({high_} + {low_})",
            f=factor_,
            a=_floating(first or factor_),
            b=_floating(second or factor_),
            s=weight,
        )
    return _sum(loss, gate, gate.then, gate.otherwise, weight)


def _sum(
    loss: Loss,
    gate: Gate,
    then: cst.BaseExpression,
    otherwise: cst.BaseExpression,
    weight: cst.BaseExpression,
) -> cst.BaseExpression:
    """``{s} * then + (1.0 - {s}) * otherwise``: numbers in front, no factor of one, signs pulled out."""
    first, first_sign, a = _factor(loss, then, (gate.condition, otherwise))
    second, second_sign, b = _factor(loss, otherwise, (gate.condition, then))
    high = first.format(weight="{s}", value="{a}")
    low = second.format(weight="(1.0 - {s})", value="{b}")
    if first_sign == second_sign:
        template = f"{high} + {low}" if first_sign > 0 else f"-({high} + {low})"
    else:
        template = f"{high} - {low}" if first_sign > 0 else f"{low} - {high}"
    return expression(template, a=a, b=b, s=weight)


def _factor(
    loss: Loss, node: cst.BaseExpression, beside: tuple[cst.BaseExpression, ...]
) -> tuple[str, int, cst.BaseExpression]:
    """How a branch is weighed, its sign, and what it is without that."""
    match node:
        case cst.Call(args=[cst.Arg(value=like)]) if loss.operation(node) == "tf.ones_like":
            # Without it, something else has to have its shape.
            known = any(each.deep_equals(like) for other in beside for each in walk(other))
            value = 1.0 if known else None
        case cst.Call():
            value = None
        case _:
            value = number_everywhere(loss, node)
    if value is not None:
        sign, size = (-1 if value < 0.0 else 1), abs(value)
        return ("{weight}" if size == 1.0 else f"{number(size)} * {{weight}}"), sign, node
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        return "{weight} * {value}", -1, node.expression
    return "{weight} * {value}", 1, node


def _floating(node: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(node, cst.Integer):
        return cst.parse_expression(number(float(node.evaluated_value)))
    return node


def _common_factor(
    then: cst.BaseExpression, otherwise: cst.BaseExpression
) -> tuple[cst.BaseExpression, cst.BaseExpression | None, cst.BaseExpression | None] | None:
    """``(f, a, b)`` where both branches are ``f`` times a number or a name, or one of them ``f`` alone."""
    for factor, first in _parts(then):
        for other, second in _parts(otherwise):
            if (first or second) and factor.deep_equals(other):
                return factor, first, second
    return None


def _parts(
    node: cst.BaseExpression,
) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression | None]]:
    """What a branch may be a multiple of, and by how much; by nothing else than itself last."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            for factor, times in ((left, right), (right, left)):
                plain = isinstance(times, cst.BaseNumber | cst.Name)
                if plain and not isinstance(factor, cst.BaseNumber):
                    yield factor, times
    if not isinstance(node, cst.BaseNumber):
        yield node, None


def _name_of(loss: Loss, gate: Gate) -> str:
    sides = comparison(loss, gate.condition)
    if sides is None or loss.predicts(sides[2]):
        return "gate"
    return "above" if sides[1] in (">", ">=") else "below"
