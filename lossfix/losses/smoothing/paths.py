"""What else carries a gradient through the term in which a gate stands.

A part of a loss may return what is dead and still weigh or pick something alive where it is called: its
callers are asked, those of the file by their trees, and those of other files by what they said.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import libcst as cst

from lossfix.losses.code.conditions import uses
from lossfix.losses.code.liveness import is_live, part_called
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.smoothing.gates import CHECKS, Gate, deliberate, only_checks
from lossfix.syntax.tree import walk

_ADDITIVE = ("tf.add", "tf.subtract", "tf.add_n")
_STRAIGHT = frozenset(
    {"tf.reduce_mean", "tf.reduce_sum", "tf.cast", "tf.reshape", "tf.squeeze", "tf.expand_dims"}
    | {"tf.identity", "tf.negative", "tf.convert_to_tensor", "keras.backend.flatten", *_ADDITIVE}
)
"""Operations in which what is added stays a term of its own."""
_MAPPING = frozenset({"tf.map_fn", "tf.vectorized_map"})
"""Operations that call their first argument on the parts of their second."""


class Path(str, Enum):
    """What else carries a gradient through the term in which a gate stands."""

    DEAD = "dead"
    """Nothing: the gate is the only path of its term."""
    LIVE = "live"
    """The gate weighs or picks something that has a gradient of its own."""
    ELSEWHERE = "elsewhere"
    """It is in a part of a loss, and what calls that may have something alive beside it."""


def path_of(loss: Loss, gate: Gate) -> Path:
    """Whether anything besides the gate carries a gradient through its term."""
    if any(
        each is not None and is_live(loss, each, relaxed=False)
        for each in (gate.then, gate.otherwise)
    ):
        return Path.LIVE
    return path_at(loss, gate.node)


def path_at(loss: Loss, node: cst.CSTNode) -> Path:
    """Whether, on the way from ``node`` to what is returned, anything live goes into its term."""
    if _meets_a_live_partner(loss, node):
        return Path.LIVE
    return Path.ELSEWHERE if _is_used_elsewhere(loss, frozenset()) else Path.DEAD


def _is_used_elsewhere(part: Loss, seen: frozenset[str]) -> bool:
    """Whether what a part returns goes into a term with something alive, or into none, where it is called."""
    if not part.only_reached or part.name in seen:
        return False
    if part.name in part.project.parts.weighs:
        return True
    for caller, node in calls_to(part):
        if _meets_a_live_partner(caller, node):
            return True
        if is_only_recorded(caller, node) or deliberate(caller):
            return True
        if _is_used_elsewhere(caller, seen | {part.name}):
            return True
    return False


def calls_to(part: Loss) -> Iterator[tuple[Loss, cst.Call]]:
    """Where the losses of its file, and parts of them, call a part."""
    for caller in part.among:
        for node in walk(caller.function, cst.Call):
            if part_called(caller, node) is part:
                yield caller, node


def _meets_a_live_partner(loss: Loss, node: cst.CSTNode) -> bool:
    # What is added is a term of its own, until both go into a square or any other function.
    return _meets(loss, node, set(), False)


def _meets(
    loss: Loss,
    node: cst.CSTNode,
    entered: set[tuple[cst.CSTNode, bool]],
    joined: bool,
) -> bool:
    if (node, joined) in entered:
        # It was reached on another way, and nothing was met.
        return False
    entered.add((node, joined))
    parents = loss.tree.parents

    def alive(other: cst.CSTNode) -> bool:
        return is_live(loss, other, relaxed=False)

    while True:
        above = parents.get(node)
        if above is None or above is loss.function:
            return False
        match above:
            case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
                joined |= alive(right if node is left else left)
            case cst.BinaryOperation(left=left, operator=operator, right=right):
                if alive(right if node is left else left):
                    return True
                if joined and not isinstance(operator, cst.Multiply | cst.Divide):
                    return True
            case cst.Return():
                return any(
                    _meets(loss, use, entered, joined) for use in _uses_of_the_inner(loss, above)
                )
            case cst.Call(args=[cst.Arg() as mapped, *_]) if (
                node is mapped and loss.operation(above) in _MAPPING
            ):
                # What it maps is not beside what its function returns.
                pass
            case cst.Call(args=args):
                operation = loss.operation(above)
                if operation in CHECKS:
                    return False
                beside = any(alive(each.value) for each in args if each is not node)
                if operation in _ADDITIVE:
                    joined |= beside
                elif operation == "tf.where" and only_checks(loss, args[0].value):
                    # It stands in for what is not a number: what is one goes by it.
                    pass
                elif beside or (joined and operation not in _STRAIGHT):
                    return True
            case cst.Assign(targets=[cst.AssignTarget(target=target)]) if names := _assigned(
                target, above.value
            ):
                return any(
                    _meets(loss, use, entered, joined)
                    for name in names
                    for use in uses(loss, name, above)
                )
            case cst.AugAssign(target=cst.Name(value=name), operator=operator):
                beside = any(
                    alive(each.value) for each in loss.flow.values(name) if each.node is not above
                )
                if beside and not isinstance(operator, cst.AddAssign | cst.SubtractAssign):
                    return True
                return any(_meets(loss, use, entered, joined or beside) for use in uses(loss, name))
        node = above


def _uses_of_the_inner(loss: Loss, returned: cst.Return) -> Iterator[cst.Name]:
    """Where the function that returns is called or handed on, if it stands within that of the loss."""
    around = (each for each in loss.tree.ancestors(returned) if isinstance(each, cst.FunctionDef))
    inner = next(around, loss.function)
    if inner is loss.function:
        return iter(())
    return (use for use in uses(loss, inner.name.value) if use is not inner.name)


def _assigned(target: cst.BaseExpression, value: cst.BaseExpression) -> tuple[str, ...]:
    """The names that stand for a value, or for one of the several results of a call."""
    match target:
        case cst.Name(value=name):
            return (name,)
        case cst.Tuple(elements=elements) if isinstance(value, cst.Call):
            named = (each.value for each in elements)
            return tuple(each.value for each in named if isinstance(each, cst.Name))
    return ()
