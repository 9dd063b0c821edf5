"""What the files of a project say about one another's names.

Names are compared by their last part: an import under another name is followed, the module that it
comes from is not. Where two files define the same name, what is said holds for both; that keeps a
function a function where it might have become an instance, and never the reverse.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from lossfix.losses.discover import Project
from lossfix.losses.uses import uses_of
from lossfix.syntax.scope import dotted, scope_of_module


@dataclass(frozen=True)
class Shared:
    """What one file says about names that it imports."""

    compiled: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()


def shared_by(module: ast.Module) -> Shared:
    """What a parsed file says about the names that it imports."""
    scope = scope_of_module(module)
    uses = uses_of(module)
    origins: dict[str, str] = {}
    for name, origin in scope.imports.items():
        origins[name] = origin.rpartition(".")[2]
    imported = {name: last for name, last in origins.items() if name not in scope.names}

    def known(names: Iterable[str]) -> frozenset[str]:
        return frozenset(
            imported.get(name, name) for name in names if name in imported or name in attributes
        )

    attributes: set[str] = set()
    called: set[str] = set()
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in imported
        ):
            attributes.add(node.attr)
        if isinstance(node, ast.Call) and (callee := dotted(node.func)) is not None:
            root, _, rest = callee.partition(".")
            if root in imported:
                called.add(rest.rpartition(".")[2] or imported[root])
    return Shared(known(uses.compiled), known(uses.built), known(uses.metrics), frozenset(called))


def joined(shares: Iterable[Shared], exported: bool = False) -> Project:
    """What all files together say."""
    compiled: set[str] = set()
    built: set[str] = set()
    metrics: set[str] = set()
    called: set[str] = set()
    for share in shares:
        compiled |= share.compiled
        built |= share.built
        metrics |= share.metrics
        called |= share.called
    return Project(
        frozenset(compiled), frozenset(built), frozenset(metrics), frozenset(called), exported
    )
