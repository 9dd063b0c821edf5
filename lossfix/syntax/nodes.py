"""The nodes of an ``ast``, walked once for all who ask.

``ast.walk`` is fit for a question or two. The scanner has a dozen of them for every file, and most of a
file's nodes (names, constants, contexts) have nothing below them.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar, cast

Node = TypeVar("Node", bound=ast.AST)

_LEAVES = frozenset({ast.Name, ast.Constant, ast.alias, ast.Pass, ast.Global, ast.Nonlocal})
_CONTEXTS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def below(node: ast.AST) -> list[ast.AST]:
    """``node`` and all below it, nearest first, as ``ast.walk`` has it; without contexts and operators."""
    found = [node]
    for each in found:
        if each.__class__ not in _LEAVES:
            found += children(each)
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """What stands directly below a node; without contexts and operators."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and not isinstance(value, _CONTEXTS):
            found.append(value)
    return found


@lru_cache(maxsize=2)
def _by_class(module: ast.Module) -> Mapping[type, list[tuple[int, ast.AST]]]:
    """The nodes of a file by their class, each with its place among all of them."""
    found: dict[type, list[tuple[int, ast.AST]]] = {}
    for number, node in enumerate(below(module)):
        found.setdefault(node.__class__, []).append((number, node))
    return found


def every(module: ast.Module, *kinds: type[Node]) -> list[Node]:
    """All nodes of a file that are of one of these very classes, nearest to the module first."""
    by_class = _by_class(module)
    numbered = [pair for kind in kinds for pair in by_class.get(kind, ())]
    if len(kinds) > 1:
        numbered.sort(key=itemgetter(0))
    return cast("list[Node]", [node for _, node in numbered])


@lru_cache(maxsize=2)
def parents(module: ast.Module) -> Mapping[ast.AST, ast.AST]:
    """The node above each node of a file; contexts and operators have none."""
    return {
        child: node
        for nodes in _by_class(module).values()
        for _, node in nodes
        if node.__class__ not in _LEAVES
        for child in children(node)
    }
