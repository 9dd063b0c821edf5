"""Functions that are named losses and that Keras does not call: penalties, terms, and what layers add.

What they take is their own (``anchor, positive, negative``; ``mean, log_var``), so that nothing is known of
their values, and none of the questions that are asked of a loss is asked of them. A name that is gone
raises in them all the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from lossfix.losses.discovery.wiring import Wiring
from lossfix.losses.discovery.wording import names_a_loss
from lossfix.losses.operations.removed import Removed, removed
from lossfix.syntax.nodes import below, every
from lossfix.syntax.scope import scope_of_module

_BACKEND = "keras.backend"
_ALWAYS_A_LOSS = "ctc_batch_cost"
"""Whatever calls it computes one: the function of a `Lambda` layer, mostly."""
_ONE_CALL = re.compile(r"([\w.]+)\([^()]*\)")


def names_gone_apart(wiring: Wiring) -> Iterator[tuple[ast.Attribute, Removed]]:
    """What Keras' backend lost, where such functions use it."""
    if not _imports_the_backend(wiring.module):
        return
    seen: set[ast.AST] = set()
    for node in _functions(wiring):
        for part in below(node):
            if isinstance(part, ast.Attribute) and part not in seen:
                seen.add(part)
                entry = _gone(wiring, part)
                if entry is not None and not wiring.is_provided_for(part):
                    yield part, entry


def computes_a_loss_apart(module: ast.Module) -> bool:
    """Whether there may be such a function in a file; yes where that cannot be told."""
    return _imports_the_backend(module) and (
        any(names_a_loss(node.name) for node in every(module, ast.FunctionDef))
        or any(node.attr == _ALWAYS_A_LOSS for node in every(module, ast.Attribute))
    )


def _imports_the_backend(module: ast.Module) -> bool:
    scope = scope_of_module(module)
    return any(
        name == "keras" or name.startswith(_BACKEND)
        for name in (*scope.imports.values(), *_imported_inside(module))
    )


def _imported_inside(module: ast.Module) -> Iterator[str]:
    for node in every(module, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{each.name}" for each in node.names)
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def _functions(wiring: Wiring) -> Iterator[ast.FunctionDef]:
    known = [candidate.path for candidate in wiring.candidates]
    calling = {
        wiring.owner(node)
        for node in every(wiring.module, ast.Attribute)
        if node.attr == _ALWAYS_A_LOSS
    }
    for path, node in wiring.functions:
        # The names of a loss, of what is in it and of the factory around it are told with the loss.
        if any(path[: len(each)] == each or each[: len(path)] == path for each in known):
            continue
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("test_"):
            continue
        if names_a_loss(node.name) or node in calling:
            yield node


def _gone(wiring: Wiring, node: ast.Attribute) -> Removed | None:
    qualified = wiring.qualified(node) or ""
    if qualified.rpartition(".")[0] != _BACKEND:
        return None
    return removed(qualified)


def function_of_today(entry: Removed) -> str:
    """The one function that takes the place of a removed one; empty where it is not that simple."""
    if entry.becomes:
        return entry.becomes
    match = _ONE_CALL.fullmatch(entry.calls[0].target) if len(entry.calls) == 1 else None
    return "" if match is None else match[1]
