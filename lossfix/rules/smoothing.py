"""What the rules share that smooth: when they must not, and how a gate is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace

import libcst as cst

from lossfix.losses.code.conditions import Step
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import orphaned
from lossfix.losses.code.parameters import add, number
from lossfix.losses.smoothing import gates
from lossfix.losses.smoothing.gates import deliberate, flag_of
from lossfix.losses.smoothing.smooth import obstacle, smooth
from lossfix.losses.smoothing.steps import dead_equalities
from lossfix.model import Gate, Severity
from lossfix.rules.rule import Edit, Match
from lossfix.syntax.build import Replacement

ON_PURPOSE = "it stands beside stop_gradient or custom_gradient, and is taken to be on purpose"


def dead(
    loss: Loss,
    node: cst.CSTNode,
    message: str,
    reason: str = "",
    shows_at: tuple[cst.CSTNode, ...] = (),
) -> Match:
    """A match of something that could be smoothed, unless it is there on purpose or is to be kept."""
    severity = None
    flag = flag_of(loss, node)
    if deliberate(loss):
        reason, severity = ON_PURPOSE, Severity.INFO
    elif flag is not None:
        reason = f"only where `{loss.tree.code(flag)}` says so, as a metric would want it"
        severity = Severity.INFO
    elif loss.relaxation.gate is Gate.KEEP:
        reason = "--gate keep"
    return Match(node, message, reason, severity, shows_at=shows_at)


def compared(loss: Loss, kinds: Set[str], what: str) -> Iterator[Match]:
    """The dead gates that compare steps of these kinds for equality.

    Args:
        what: says in a message what is compared.
    """
    for gate in dead_equalities(loss, kinds):
        message = f"`{loss.tree.line(gate.condition)}` compares {what}: no gradient passes"
        yield dead(loss, gate.node, message, obstacle(loss, gate))


def revived(loss: Loss, found: Iterable[gates.Gate], match: Match) -> Edit | None:
    """``smoothed`` for a gate that is the only path of its term.

    Without a gradient of its own it would leave the term without one, as the hard gate does: where the
    form is not asked for, it gets a slope while others are detached.
    """
    form = loss.relaxation
    if form.gate is Gate.DETACHED and not form.asked:
        loss = replace(loss, relaxation=replace(form, gate=Gate.SIGMOID))
    return smoothed(loss, found, match)


@dataclass(frozen=True, eq=False)
class Soft:
    """What takes the place of a step of the predictions."""

    node: cst.BaseExpression
    """All that it replaces: the step with the casts around it, or what the step is used for."""
    value: cst.BaseExpression
    beside: Mapping[cst.CSTNode, Replacement] = field(default_factory=dict)
    """What changes along with it."""
    before: tuple[cst.BaseStatement, ...] = ()
    """Statements that it needs above the loss."""


def softened(
    loss: Loss,
    match: Match,
    steps: Iterable[Step],
    soft: Callable[[Loss, Step, cst.BaseExpression], Soft | None],
) -> Edit | None:
    """The edit that smooths the step that was matched; ``None`` where it is none of ``steps``.

    Args:
        soft: what becomes of a step of the loss, given the steepness; ``None`` where that is not known.
    """
    added = add(loss, "steepness", number(loss.relaxation.steepness))
    matched = next((each for each in steps if each.call is match.node), None)
    if added is None or matched is None:
        return None
    found = soft(loss, matched, added.reference)
    if found is None:
        return None
    replace = {**added.replace, **found.beside, found.node: found.value}
    gone = orphaned(loss, (found.node,), found.value)
    return Edit({**replace, **gone}, before=found.before)


def smoothed(loss: Loss, found: Iterable[gates.Gate], match: Match) -> Edit | None:
    """The edit that smooths the gate that was matched; ``None`` where it is none of ``found``."""
    for gate in found:
        if gate.node is match.node:
            edit = smooth(loss, gate)
            return None if edit is None else Edit(edit.replace, before=edit.before)
    return None
