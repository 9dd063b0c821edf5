"""The nodes of an ``ast``, walked once for all who ask.

``ast.walk`` is fit for a question or two. The scanner has a dozen of them for every file, and most of a
file's nodes (names, constants, contexts) have nothing below them.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar, cast

Node = TypeVar("Node", bound=ast.AST)

_LEAVES = frozenset({ast.Name, ast.Constant, ast.alias, ast.Pass, ast.Global, ast.Nonlocal})
_CONTEXTS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def below(node: ast.AST) -> list[ast.AST]:
    """``node`` and all below it, nearest first, as ``ast.walk`` has it; without contexts and operators."""
    found = [node]
    for each in found:
        if each.__class__ in _LEAVES:
            continue
        for name in each._fields:
            value = getattr(each, name, None)
            if value.__class__ is list:
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, _CONTEXTS):
                found.append(value)
    return found


@lru_cache(maxsize=2)
def _all(module: ast.Module) -> list[ast.AST]:
    return below(module)


def every(module: ast.Module, *kinds: type[Node]) -> list[Node]:
    """All nodes of a file that are of one of these very classes, nearest to the module first."""
    return cast("list[Node]", [node for node in _all(module) if node.__class__ in kinds])


@lru_cache(maxsize=2)
def parents(module: ast.Module) -> Mapping[ast.AST, ast.AST]:
    """The node above each node of a file; contexts and operators have none."""
    return {
        child: node
        for node in _all(module)
        if node.__class__ not in _LEAVES
        for child in ast.iter_child_nodes(node)
        if not isinstance(child, _CONTEXTS)
    }
