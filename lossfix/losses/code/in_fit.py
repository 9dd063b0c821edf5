"""Whether it may be Keras that calls a loss, in ``fit``, and not its author's own code."""

from __future__ import annotations

import ast

from lossfix.losses.code.liveness import parts_of
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.reached import loops
from lossfix.model import Evidence, Form, Severity
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import dotted


@remembered(16)
def may_be_in_fit(loss: Loss) -> bool:
    """Whether it may be Keras that calls the loss: a method of a task, or a tape, hands it what it has."""
    if loops(loss.candidate.evidence):
        return False
    elsewhere = loss.project.parts.reached
    if loss.only_reached and loss.name not in elsewhere:
        tops = [each for each in loss.among if not each.only_reached or each.name in elsewhere]
        wholes = [each for each in tops if loss in parts_of(each)]
        if not wholes:
            # A method that no loss calls is called by one that takes something else than a loss.
            return loss.form is not Form.METHOD
        return any(may_be_in_fit(each) for each in wholes)
    if loss.only_reached and loss.candidate.swapped:
        # What another file hands the predictions first is called by its author, with targets of his own.
        return False
    if loss.candidate.evidence == (Evidence.NAMED,):
        # Keras hands over the targets first, and what others need as a function they call themselves.
        is_called = loss.name in dict(loss.project.called.functions)
        if loss.candidate.swapped or is_called or _is_handed_on(loss):
            return False
    return loss.form is not Form.METHOD or Evidence.COMPILED in loss.candidate.evidence


def severity_in_fit(loss: Loss) -> Severity:
    """An error of what Keras surely calls, and a warning of what it may call."""
    evidence = loss.candidate.evidence
    is_in_fit = Evidence.COMPILED in evidence or Evidence.SUBCLASS in evidence
    return Severity.ERROR if is_in_fit else Severity.WARNING


@remembered(4)
def _is_handed_on(loss: Loss) -> bool:
    """Whether its file hands the loss to a function that is not Keras's: that one calls it."""
    return any(
        not _is_of_keras(loss, call.func)
        for call in every(loss.tree.outline, ast.Call)
        for each in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(each, ast.Name) and each.id == loss.name
    )


def _is_of_keras(loss: Loss, node: ast.expr) -> bool:
    name = dotted(node)
    resolved = loss.tree.scope(None).resolve(name) if name is not None else None
    return (resolved or "").partition(".")[0] in ("keras", "tensorflow", "tf_keras")
