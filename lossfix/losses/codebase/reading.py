"""What one parse of a file finds out: its losses, and what it says of its own names and those of others."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from lossfix.losses.codebase.said import Known, Reading, Shared
from lossfix.losses.codebase.shared import shared_by, shared_by_words
from lossfix.losses.discovery.apart import computes_a_loss_apart
from lossfix.losses.discovery.candidate import Candidate, Roles, Settings
from lossfix.losses.discovery.discover import discover, loss_classes
from lossfix.losses.discovery.glance import may_define_a_loss, without_prose
from lossfix.losses.discovery.imported import failing_imports
from lossfix.losses.discovery.outline import trained_by_keras
from lossfix.losses.discovery.reached import loops
from lossfix.losses.discovery.uses import uses_of
from lossfix.losses.discovery.wiring import wires_a_loss
from lossfix.syntax.nodes import every
from lossfix.syntax.quiet import NOT_PYTHON, parsed
from lossfix.syntax.remembered import one_file


@one_file()
def read(
    text: str,
    settings: Settings,
    unread: str = "",
    is_miswired: Callable[[ast.Module], bool] = wires_a_loss,
) -> Reading:
    """Parse a text for what it holds and what it says of other files.

    Args:
        unread: what belongs to the text and does not parse, as cells of a notebook may.
        is_miswired: has the last word on whether anything is wrong with how a text wires losses of which it
            defines none; it is asked while the text is parsed, so that nobody has to parse it again for that.
    """
    try:
        return _read(parsed(text), text, settings, unread, is_miswired)
    except NOT_PYTHON:
        return Reading(Shared(uses=shared_by_words(f"{text}\n{unread}")), holds=True)


def _read(
    module: ast.Module,
    text: str,
    settings: Settings,
    unread: str,
    is_miswired: Callable[[ast.Module], bool],
) -> Reading:
    shared = shared_by(module)
    if unread:
        shared = replace(shared, uses=(*shared.uses, *shared_by_words(unread)))
    losses = _losses(module, text, settings)
    keras = trained_by_keras(module)
    own = tuple(
        Known(each.name, Roles(each.y_true, each.y_pred), not keras and loops(each.evidence))
        for each in losses
        if not each.metric
    )
    wires = wires_a_loss(module) or computes_a_loss_apart(module)
    if wires and not losses:
        wires = is_miswired(module)
    wires = wires or (bool(losses) and any(failing_imports(module)))
    holds = bool(unread) or "lossfix:" in text or bool(losses) or wires
    shared = replace(shared, losses=own, loss_classes=loss_classes(module, settings))
    return Reading(shared, holds, losses, wires)


def _losses(module: ast.Module, text: str, settings: Settings) -> tuple[Candidate, ...]:
    uses = uses_of(module)
    used = uses.compiled | uses.built | uses.differentiated
    if not uses.unnamed and used.isdisjoint(each.name for each in every(module, ast.FunctionDef)):
        data = text.encode("utf-8", "surrogatepass")
        if not may_define_a_loss(without_prose(data), settings):
            return ()
    return discover(module, settings)
