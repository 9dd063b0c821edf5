"""Imports of a file that fail, whether its losses depend on them or not: none of it runs then."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.apart import function_of_today
from lossfix.losses.operations.keras_names import WRAPPER
from lossfix.losses.operations.names import canonical
from lossfix.losses.operations.removed import fails_to_import, public_name, removed
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import dotted

_TOLD = ("keras.", "tensorflow.")
_PRIVATE = "tensorflow.python"
"""Its modules can be imported. What else is installed is not known."""


def failing_imports(module: ast.Module) -> Iterator[tuple[ast.stmt, tuple[str, ...], str]]:
    """The import statements of a module that raise, the names that are gone, and what to do.

    One under a condition, or within a ``try``, is left out: the code provides for it.
    """
    for node in module.body:
        names = [each for each in _origins(node) if _fails(each)]
        if names and not _is_told_of_its_classes(module, node, names):
            yield node, tuple(names), _cure(names[0])


def _cure(origin: str) -> str:
    entry = removed(origin)
    if public := public_name(origin):
        return f"today it is `{public}`"
    if entry is None:
        return "import what stands there today"
    today = function_of_today(entry)
    return entry.reason or (f"today it is `{today}`" if today else "import what stands there today")


def _origins(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (each.name for each in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from (f"{module}.{each.name}" for each in names)


def _fails(origin: str) -> bool:
    told = origin.startswith(_TOLD) and not origin.startswith(_PRIVATE)
    return told and fails_to_import(origin)


def _is_told_of_its_classes(module: ast.Module, node: ast.stmt, names: list[str]) -> bool:
    """Whether all that is gone is a base class, of which LF406 tells with the class that has it."""
    if any(canonical(each) != WRAPPER for each in names):
        return False
    assert isinstance(node, ast.Import | ast.ImportFrom)
    bound = {each.asname or each.name for each in node.names}
    bases = (base for each in every(module, ast.ClassDef) for base in each.bases)
    return not bound.isdisjoint((dotted(each) or "").partition(".")[0] for each in bases)
