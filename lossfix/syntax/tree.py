"""A file as LibCST has it, with the little that LibCST leaves out: places, parents and names."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import TypeVar, overload

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from lossfix.model import Span
from lossfix.syntax.blocks import Definition, concrete_definitions
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import Definition as OutlinedDefinition
from lossfix.syntax.scope import Scope, definitions, scope_of, scope_of_module

Kind = TypeVar("Kind", bound=cst.CSTNode)


@dataclass(frozen=True, eq=False)
class Tree:
    """The concrete syntax tree of one text."""

    text: str
    module: cst.Module
    outline: ast.Module

    @cached_property
    def spans(self) -> Spans:
        """Where each node stands."""
        return Spans(self)

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The parent of every node below the module, layout apart."""
        return _below(self.module).parents()

    @cached_property
    def quote(self) -> str:
        """The quotation mark of most strings that stand on one line; a double one where none is preferred."""
        marks = [each.quote for each in walk(self.module, cst.SimpleString)]
        return "'" if marks.count("'") > marks.count('"') else '"'

    @cached_property
    def names(self) -> Mapping[str, tuple[cst.Name, ...]]:
        """Every plain name of the file, wherever it stands, in document order."""
        found: dict[str, list[cst.Name]] = {}
        for node in walk(self.module, cst.Name):
            found.setdefault(node.value, []).append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    @cached_property
    def definitions(self) -> tuple[tuple[tuple[str, ...], Definition], ...]:
        """All functions and classes with their paths, in document order."""
        return tuple(concrete_definitions(self.module.body))

    @cached_property
    def numbers(self) -> Mapping[cst.CSTNode, int]:
        """The position of each function and class in ``definitions``."""
        return {node: number for number, (_, node) in enumerate(self.definitions)}

    @cached_property
    def outlines(self) -> Mapping[cst.CSTNode, OutlinedDefinition]:
        """What the standard library's tree has for each function and class of this one."""
        both = zip(self.definitions, definitions(self.outline.body), strict=True)
        return {concrete: outlined for (_, concrete), (_, outlined) in both}

    @cached_property
    def module_scope(self) -> Scope:
        """The names of the module."""
        return scope_of_module(self.outline)

    @cached_property
    def _scopes(self) -> Mapping[cst.CSTNode, Scope]:
        scopes: dict[ast.AST, Scope] = {}
        around: dict[ast.AST, Scope] = {}
        for outlined in self.outlines.values():
            scope = scope_of(outlined, around.get(outlined, self.module_scope))
            scopes[outlined] = scope
            around.update((inner, scope) for _, inner in definitions(outlined.body))
        return {concrete: scopes[outlined] for concrete, outlined in self.outlines.items()}

    def scope(self, definition: cst.CSTNode | None) -> Scope:
        """The scope of a definition of this tree; of the module for ``None``, and for what is none."""
        if definition is None:
            return self.module_scope
        return self._scopes.get(definition, self.module_scope)

    def code(self, node: cst.CSTNode) -> str:
        """The source text of a node."""
        return self.module.code_for_node(node)

    def statement(self, code: str) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
        """A statement to be put into this file, indented as it is."""
        return cst.parse_statement(code, config=self.module.config_for_parsing)

    def line(self, node: cst.CSTNode, most: int | None = None) -> str:
        """The source text of a node on one line, as messages quote it, cut to ``most`` characters."""
        text = " ".join(self.code(node).split())
        return text if most is None or len(text) <= most else f"{text[: most - 3]}..."

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes above ``node``, the nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent


class Spans(Mapping[cst.CSTNode, Span]):
    """The places of the nodes of a tree.

    LibCST finds places by printing, which costs more than the parse: so only those functions and statements
    are printed of which a node is asked for. Where they begin, the outline says.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[cst.CSTNode, Span] = {}
        self._measured: set[cst.CSTNode] = set()

    def __getitem__(self, node: cst.CSTNode) -> Span:
        if node not in self._known:
            if node not in self._tree.parents:
                raise KeyError(node)
            self._measure(self._way(node))
        return self._known[node]

    def __iter__(self) -> Iterator[cst.CSTNode]:
        for statement in self._tree.module.body:
            self._measure([statement])
        return iter(self._known)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _way(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """The top-level statement around a node, and below it the definitions that hold one another."""
        down = [*reversed(list(self._tree.ancestors(node))), node][1:]
        way = [down[0]]
        for block, inner in pairwise(down[1:]):
            held = isinstance(block, cst.IndentedBlock) and isinstance(inner, Definition)
            if way[-1] is self._tree.parents[block] and isinstance(way[-1], Definition) and held:
                way.append(inner)
        return way

    def _measure(self, way: list[cst.CSTNode]) -> None:
        *around, place = way
        if place in self._measured:
            return
        self._measured.add(place)
        alone = place
        for outer in reversed(around):
            # With the same indentation, and nothing else in it.
            assert isinstance(outer, Definition)
            alone = outer.with_changes(body=outer.body.with_changes(body=(alone,)))
        module = self._tree.module.with_changes(header=(), body=(alone,), footer=())
        # The parser never uses a node twice, so the wrapper need not copy the tree.
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        places = wrapper.resolve(PositionProvider)
        above = self._line(place) - places[place].start.line
        for node in walk(place):
            # Of what is around it, siblings are missing.
            if node not in places:
                continue
            start, end = places[node].start, places[node].end
            self._known[node] = Span(
                start.line + above, start.column + 1, end.line + above, end.column + 1
            )

    def _line(self, place: cst.CSTNode) -> int:
        """Where a definition or a top-level statement begins, its decorators not counted."""
        outlined = self._tree.outlines.get(place)
        return self._lines[place] if outlined is None else outlined.lineno

    @cached_property
    def _lines(self) -> Mapping[cst.CSTNode, int]:
        """Where each top-level statement begins, its decorators not counted."""
        outlines = iter(self._tree.outline.body)
        lines: dict[cst.CSTNode, int] = {}
        for statement in self._tree.module.body:
            lines[statement] = next(outlines).lineno
            if isinstance(statement, cst.SimpleStatementLine):
                # `a = 1; b = 2` is one line here, and two statements there.
                for _ in statement.body[1:]:
                    next(outlines)
        return lines


def dotted(node: cst.CSTNode | None) -> str | None:
    """``a.b.c`` of a chain of attributes, or ``None`` for anything else."""
    # LibCST's classes are abstract ones: to ask `isinstance` of what is asked so often takes its time.
    parts: list[str] = []
    while type(node) is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    if type(node) is not cst.Name:
        return None
    return ".".join([node.value, *reversed(parts)])


def last_part(node: cst.CSTNode | None) -> str | None:
    """``c`` for ``a.b.c``; ``None`` for anything else than a dotted name."""
    whole = dotted(node)
    return None if whole is None else whole.rpartition(".")[2]


def argument_of(call: cst.Call, position: int, keyword: str) -> cst.BaseExpression | None:
    """The argument of a call at a position, from 0, or under a keyword; ``None`` where there is none."""
    for number, argument in enumerate(call.args):
        if argument.keyword is None and number == position:
            return argument.value
        if argument.keyword is not None and argument.keyword.value == keyword:
            return argument.value
    return None


def takes_all(taken: cst.BaseSlice) -> bool:
    """Whether an index takes all there is along its axis, or axes: ``:`` or ``...``."""
    match taken:
        case cst.Index(value=cst.Ellipsis()) | cst.Slice(lower=None, upper=None, step=None):
            return True
    return False


def methods_of(definition: cst.ClassDef) -> dict[str, cst.FunctionDef]:
    """The functions that stand directly in a class, by name; of several of one name, the last."""
    return {
        each.name.value: each for each in definition.body.body if isinstance(each, cst.FunctionDef)
    }


def names_below(node: cst.CSTNode) -> frozenset[str]:
    """Every plain name below a node, itself included."""
    return frozenset(each.value for each in walk(node, cst.Name))


@overload
def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]: ...
@overload
def walk(node: cst.CSTNode, *kinds: type[Kind]) -> Iterator[Kind]: ...
def walk(node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """``node`` and everything below it in document order, layout apart.

    Args:
        kinds: only nodes of these very classes, which are looked up: who wants one kind need not ask every
            node for its class.
    """
    below = _below(node)
    return iter(below.of(kinds) if kinds else below.nodes)


def children(node: cst.CSTNode, *, layout: bool = False) -> list[cst.CSTNode]:
    """The nodes directly below ``node``, in document order.

    ``node.children`` says the same by a visit of the node, which takes ten times as long.

    Args:
        layout: with white space and comments: half of all nodes, in which no code stands.
    """
    kind = node.__class__
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS.setdefault(kind, _fields_of(node))
    found: list[cst.CSTNode] = []
    for name in fields.all if layout else fields.code:
        value = getattr(node, name)
        inner = value.__class__
        if inner is list or inner is tuple:
            found += value
        elif inner not in _NO_NODES:
            found.append(value)
    return found


# Faster than to ask `isinstance(value, cst.CSTNode)`, which is an abstract class.
_NO_NODES = frozenset({type(None), cst.MaybeSentinel, str, bool})
_LAYOUT = frozenset(
    {"header", "footer", "leading_lines", "lines_after_decorators"}
    | {"first_line", "empty_lines", "last_line", "newline", "comment"}
)
"""Fields that hold white space and comments, besides those that are called so."""


@dataclass(frozen=True)
class _Fields:
    """The fields of a class of nodes that hold others, in the order in which they stand in the code."""

    all: tuple[str, ...]

    @cached_property
    def code(self) -> tuple[str, ...]:
        """Those that are no layout."""
        return tuple(each for each in self.all if each not in _LAYOUT and "whitespace" not in each)


_FIELDS: dict[type[cst.CSTNode], _Fields] = {}


def _fields_of(node: cst.CSTNode) -> _Fields:
    if getattr(node, "format_spec", ()) is None:
        # The one field that LibCST passes by where it is not there: `f"{x}"` would speak for `f"{x:.2f}"`.
        node = node.with_changes(format_spec=())
    visitor = _Order(node)
    node.visit(visitor)
    return _Fields(tuple(visitor.names))


class _Order(cst.CSTVisitor):
    """Hears from one node in which order LibCST visits its fields."""

    def __init__(self, node: cst.CSTNode) -> None:
        super().__init__()
        self.node = node
        self.names: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node is self.node

    def on_visit_attribute(self, node: cst.CSTNode, attribute: str) -> None:
        self.names.append(attribute)


@dataclass(frozen=True, eq=False)
class _Below:
    """The nodes of a walk, found in one go for all who ask: every rule walks over the same functions."""

    nodes: tuple[cst.CSTNode, ...]
    widths: tuple[int, ...]
    """How many stand directly below each."""

    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The node above each but the first."""
        parents: dict[cst.CSTNode, cst.CSTNode] = {}
        above: list[cst.CSTNode] = []
        # Where the walk goes down into a node, it is above as many of those that come as are below it.
        for node, width in zip(self.nodes, self.widths, strict=True):
            if above:
                parents[node] = above.pop()
            above += [node] * width
        return parents

    @cached_property
    def _by_class(self) -> Mapping[type[cst.CSTNode], list[tuple[int, cst.CSTNode]]]:
        """The nodes by their class, each with its place in the walk."""
        found: dict[type[cst.CSTNode], list[tuple[int, cst.CSTNode]]] = {}
        for number, node in enumerate(self.nodes):
            found.setdefault(node.__class__, []).append((number, node))
        return found

    def of(self, kinds: tuple[type[cst.CSTNode], ...]) -> list[cst.CSTNode]:
        """The nodes of some classes, in the order of the walk."""
        numbered = [pair for kind in kinds for pair in self._by_class.get(kind, ())]
        if len(kinds) > 1:
            numbered.sort(key=itemgetter(0))
        return [node for _, node in numbered]


@remembered(512)
def _below(node: cst.CSTNode) -> _Below:
    found: list[cst.CSTNode] = []
    widths: list[int] = []
    stack = [node]
    while stack:
        each = stack.pop()
        inner = children(each)
        found.append(each)
        widths.append(len(inner))
        stack += reversed(inner)
    return _Below(tuple(found), tuple(widths))
