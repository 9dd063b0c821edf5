"""Functions that are named losses and that Keras does not call: penalties, terms, and what layers add.

What they take is their own (``anchor, positive, negative``; ``mean, log_var``), so that nothing is known of
their values, and none of the questions that are asked of a loss is asked of them. A name that is gone
raises in them all the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from lossfix.losses.discovery.patched import is_patched
from lossfix.losses.discovery.wiring import Wiring
from lossfix.losses.discovery.wording import names_a_loss, names_a_test
from lossfix.losses.operations.removed import REMOVED_KEYWORDS, Removed, removed
from lossfix.syntax.nodes import below, every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import last_part, scope_of_module

NOT_MEASURED = "it is not known what this function takes, so that no rewrite can be measured"
_BACKEND = "keras.backend"
_TENSORFLOW = "tensorflow."
_OF_KERAS = ("tensorflow.keras.", "tensorflow.python.", "tensorflow.losses.", "tensorflow.metrics.")
"""What is there or not by the version, or works and is private."""
_ALWAYS_A_LOSS = "ctc_batch_cost"
"""Whatever calls it computes one: the function of a `Lambda` layer, mostly."""
_ONE_CALL = re.compile(r"([\w.]+)\([^()]*\)")


def backend_gone_apart(wiring: Wiring) -> Iterator[tuple[ast.Attribute, Removed]]:
    """What Keras' backend lost, where such functions use it."""
    return (found for found in _names_gone(wiring) if _is_of_the_backend(found[1]))


def names_gone_apart(wiring: Wiring) -> Iterator[tuple[ast.Attribute, Removed]]:
    """What TensorFlow lost, where such functions use it."""
    return (found for found in _names_gone(wiring) if found[1].name.startswith(_TENSORFLOW))


def _is_of_the_backend(entry: Removed) -> bool:
    return entry.name.rpartition(".")[0] == _BACKEND


def keywords_gone_apart(wiring: Wiring) -> Iterator[tuple[ast.Call, str, str]]:
    """The calls in such functions that have a keyword of TensorFlow 1, that keyword, and today's."""
    for node in _parts(wiring):
        if isinstance(node, ast.Call):
            renamed = REMOVED_KEYWORDS.get(wiring.qualified(node.func) or "")
            old = [each.arg for each in node.keywords if each.arg] if renamed else []
            for name in old:
                if renamed and name in renamed and not wiring.is_provided_for(node):
                    yield node, name, renamed[name]


@remembered(4)
def _names_gone(wiring: Wiring) -> tuple[tuple[ast.Attribute, Removed], ...]:
    found: list[tuple[ast.Attribute, Removed]] = []
    within: set[ast.AST] = set()
    for part in _parts(wiring):
        # The longest name is met first: of `tf.contrib.crf.decode` that is all of it.
        if isinstance(part, ast.Attribute) and part not in within:
            entry = _gone(wiring, part)
            if entry is not None and not wiring.is_provided_for(part):
                within.update(below(part))
                found.append((part, entry))
    return tuple(found)


def _parts(wiring: Wiring) -> Iterator[ast.AST]:
    if not _imports_what_lost_names(wiring.module):
        return
    seen: set[ast.AST] = set()
    for node in _functions(wiring):
        for part in below(node):
            if part not in seen:
                seen.add(part)
                yield part


def computes_a_loss_apart(module: ast.Module) -> bool:
    """Whether there may be such a function in a file; yes where that cannot be told."""
    return _imports_what_lost_names(module) and (
        any(names_a_loss(node.name) for node in every(module, ast.FunctionDef))
        or any(node.attr == _ALWAYS_A_LOSS for node in every(module, ast.Attribute))
    )


def _imports_what_lost_names(module: ast.Module) -> bool:
    scope = scope_of_module(module)
    return any(
        name in ("keras", "tensorflow") or name.startswith(_BACKEND)
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
    cases = {
        node.name
        for node in every(wiring.module, ast.ClassDef)
        if any((last_part(each) or "").endswith("TestCase") for each in node.bases)
    }
    for path, node in wiring.functions:
        # The names of a loss, of what is in it and of the factory around it are told with the loss.
        if any(path[: len(each)] == each or each[: len(path)] == path for each in known):
            continue
        if not isinstance(node, ast.FunctionDef) or names_a_test(node.name):
            continue
        # What its tests share is a test as they are, whatever it is called.
        if not cases.isdisjoint(path):
            continue
        if names_a_loss(node.name) or node in calling:
            yield node


def _gone(wiring: Wiring, node: ast.Attribute) -> Removed | None:
    qualified = wiring.qualified(node) or ""
    if is_patched(wiring.module, qualified):
        return None
    if qualified.startswith(_TENSORFLOW):
        return None if qualified.startswith(_OF_KERAS) else removed(qualified)
    return removed(qualified) if qualified.rpartition(".")[0] == _BACKEND else None


def function_of_today(entry: Removed) -> str:
    """The one function that takes the place of a removed one; empty where it is not that simple."""
    if entry.becomes:
        return entry.becomes
    match = _ONE_CALL.fullmatch(entry.calls[0].target) if len(entry.calls) == 1 else None
    return "" if match is None else match[1]
