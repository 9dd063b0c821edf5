"""The nodes of an ``ast``, walked once for all who ask.

``ast.walk`` is fit for a question or two. The scanner has a dozen of them for every file, and most of a
file's nodes (names, constants, contexts) have nothing below them.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TypeVar, cast

from lossfix.model import Span
from lossfix.syntax.remembered import remembered

Node = TypeVar("Node", bound=ast.AST)

_LEAVES = frozenset({ast.Name, ast.Constant, ast.alias, ast.Pass, ast.Global, ast.Nonlocal})
_PLAIN = frozenset(
    "ctx op ops id attr arg asname level module type_comment kind conversion simple is_async".split()
)
"""Fields that hold contexts, operators and plain values."""
_MIXED = frozenset({"keys", "kw_defaults", "kwd_attrs", "type_ignores"})
"""Lists that may hold something besides nodes."""


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = dict.fromkeys(_LEAVES, ())
"""The fields of each class that may hold nodes."""


def below(node: ast.AST) -> list[ast.AST]:
    """``node`` and all below it, nearest first, as ``ast.walk`` has it; without contexts and operators."""
    found = [node]
    for each in found:
        if each.__class__ not in _LEAVES:
            found += children(each)
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """What stands directly below a node; without contexts and operators."""
    kind = node.__class__
    names = _FIELDS.get(kind)
    if names is None:
        names = tuple(name for name in kind._fields if name not in _PLAIN)
        _FIELDS[kind] = names
    found: list[ast.AST] = []
    for name in names:
        value = getattr(node, name, None)
        if value.__class__ is list:
            if name in _MIXED:
                found += [item for item in value if isinstance(item, ast.AST)]
            else:
                found += value
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


@dataclass(frozen=True)
class _Walked:
    """The nodes of a file, nearest to the module first, and of each but the module the one above it."""

    nodes: list[ast.AST]
    above: list[ast.AST]
    known: dict[tuple[type, ...], list[ast.AST]] = field(default_factory=dict)
    """What was asked for before: a dozen questions are asked of the same few classes."""

    @cached_property
    def _places(self) -> Mapping[type, list[int]]:
        """Where the nodes of each class stand among all of them."""
        found: dict[type, list[int]] = defaultdict(list)
        for number, node in enumerate(self.nodes):
            found[node.__class__].append(number)
        return found

    def of(self, kinds: tuple[type, ...]) -> list[ast.AST]:
        """The nodes of some classes, nearest to the module first."""
        if kinds not in self.known:
            places = chain.from_iterable(self._places.get(kind, ()) for kind in kinds)
            self.known[kinds] = [self.nodes[number] for number in sorted(places)]
        return self.known[kinds]

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        return dict(zip(self.nodes[1:], self.above, strict=True))


@remembered(2)
def _walked(module: ast.Module) -> _Walked:
    nodes: list[ast.AST] = [module]
    above: list[ast.AST] = []
    for node in nodes:
        if node.__class__ not in _LEAVES:
            inner = children(node)
            nodes += inner
            above += [node] * len(inner)
    return _Walked(nodes, above)


def every(module: ast.Module, *kinds: type[Node]) -> Sequence[Node]:
    """All nodes of a file that are of one of these very classes, nearest to the module first."""
    return cast("list[Node]", _walked(module).of(kinds))


def parents(module: ast.Module) -> Mapping[ast.AST, ast.AST]:
    """The node above each node of a file; contexts and operators have none."""
    return _walked(module).parents


def lines_of(text: str) -> list[str]:
    """The lines of a text as Python counts them, with their ends: a form feed or U+2028 ends none."""
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")]


def span_of(text: str, node: ast.expr | ast.stmt) -> Span:
    """Where a node stands, in code points: ``ast`` counts bytes of UTF-8."""
    lines = text.split("\n")

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1].encode()[:offset].decode("utf-8", "replace")) + 1

    end_line = node.end_lineno or node.lineno
    end_offset = node.col_offset if node.end_col_offset is None else node.end_col_offset
    return Span(
        node.lineno,
        column(node.lineno, node.col_offset),
        end_line,
        column(end_line, end_offset),
    )
