"""Numbers that the predictions give in steps: rounded, the sign of, the index of the largest."""

from __future__ import annotations

from collections.abc import Iterator, Set

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import (
    CASTS,
    Step,
    as_condition,
    step,
    steps_compared,
)
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.smoothing.gates import Gate, consumers, gates, is_compared
from lossfix.losses.smoothing.paths import Path, path_at, path_of
from lossfix.syntax.tree import walk

ROUNDINGS = frozenset({"round", "floor", "ceil", "trunc"})
_COUNTED = frozenset(
    {"tf.math.confusion_matrix", "tf.math.bincount", "tf.unique", "tf.histogram_fixed_width"}
)


def dead_steps(loss: Loss, kinds: Set[str]) -> Iterator[Step]:
    """The steps of these kinds that are all that becomes of the predictions in their term.

    Steps that are compared are gates, and steps that are counted are counts: both are found elsewhere.
    """
    yield from _steps(loss, kinds, Path.DEAD)


def live_steps(loss: Loss, kinds: Set[str]) -> Iterator[Step]:
    """Those beside which something of their term has a gradient of its own."""
    yield from _steps(loss, kinds, Path.LIVE)


def _steps(loss: Loss, kinds: Set[str], path: Path) -> Iterator[Step]:
    for node in walk(loss.function, cst.Call, cst.BinaryOperation):
        known = _own_step(loss, node)
        if (
            known is None
            or known.kind not in kinds
            or not is_live(loss, known.value, relaxed=False)
        ):
            continue
        if is_only_recorded(loss, node) or is_compared(loss, node) or is_counted(loss, node):
            continue
        if path_at(loss, node) is path:
            yield known


def dead_equalities(loss: Loss, kinds: Set[str]) -> Iterator[Gate]:
    """The dead gates whose condition is an equality of steps of these kinds."""
    for gate in gates(loss):
        if steps_compared(loss, gate.condition) & kinds and path_of(loss, gate) is Path.DEAD:
            yield gate


def _own_step(loss: Loss, node: cst.BaseExpression) -> Step | None:
    known = step(loss, node)
    if known is None or known.call is not node:
        return None
    # `cast(c, int)` of a condition is a gate.
    if known.kind == "trunc" and as_condition(loss, known.value) is not None:
        return None
    return known


def is_counted(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a class goes into a table of counts."""
    return any(
        isinstance(above, cst.Call) and loss.operation(above) in _COUNTED
        for above in consumers(loss, node)
    )


def above_casts(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """The outermost of the casts around ``node`` up to one to a float."""
    while True:
        argument = loss.tree.parents.get(node)
        call = None if argument is None else loss.tree.parents.get(argument)
        if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
            return node
        if loss.operation(call) not in CASTS or call.args[0] is not argument:
            return node
        node = call
        if not casts_to_discrete(call):
            return node
