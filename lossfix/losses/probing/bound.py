"""What the statements of a module bind, change and read."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from lossfix.losses.discovery.constants import changed
from lossfix.syntax.scope import statements


@dataclass(frozen=True)
class Bound:
    """One top-level statement, the names it binds, or whose values it changes, and those it reads."""

    node: ast.stmt
    binds: frozenset[str]
    reads: frozenset[str]


def bound(node: ast.stmt) -> Bound:
    """A statement with what it binds and reads; what a definition holds counts as read alone."""
    binds: set[str] = set()
    for each in statements([node]):
        match each:
            case ast.Import(names=names):
                binds |= {name.asname or name.name.split(".")[0] for name in names}
            case ast.ImportFrom(names=names):
                binds |= {name.asname or name.name for name in names}
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                binds.add(name)
            case _:
                for part in ast.walk(each):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        binds.add(part.id)
                binds |= changed(each)
    reads = {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Store)
    }
    return Bound(node, frozenset(binds), frozenset(reads))
