"""A file parsed once by LibCST, with the little that LibCST leaves out: places, parents and names."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property, lru_cache

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from lossfix.model import Span
from lossfix.syntax.scope import Scope, definitions, scope_of, scope_of_module

Definition = cst.FunctionDef | cst.ClassDef


class Unparsable(Exception):
    """A file that is not Python; ``line`` and ``column`` (from 1) say where it stops being."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, eq=False)
class Tree:
    """The concrete syntax tree of one text."""

    text: str
    module: cst.Module
    outline: ast.Module

    @cached_property
    def spans(self) -> Mapping[cst.CSTNode, Span]:
        """Where each node stands. Computed on first use: it costs more than the parse."""
        # The parser never uses a node twice, so the wrapper need not copy the tree.
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        return {
            node: Span(
                place.start.line, place.start.column + 1, place.end.line, place.end.column + 1
            )
            for node, place in wrapper.resolve(PositionProvider).items()
        }

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The parent of every node below the module."""
        parents: dict[cst.CSTNode, cst.CSTNode] = {}
        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            for child in _inside(node):
                parents[child] = node
                stack.append(child)
        return parents

    @cached_property
    def definitions(self) -> tuple[tuple[tuple[str, ...], Definition], ...]:
        """All functions and classes with their paths, in document order."""
        return tuple(_definitions(self.module.body))

    @cached_property
    def scopes(self) -> Mapping[int, Scope]:
        """The scope of the n-th definition, in the order of ``definitions``; the module's is -1."""
        module = scope_of_module(self.outline)
        scopes = {-1: module}
        by_node: dict[ast.AST, Scope] = {}
        for number, (_, node) in enumerate(definitions(self.outline.body)):
            parent = by_node.get(node, module)
            scopes[number] = scope_of(node, parent)
            for _, inner in definitions(node.body):
                by_node[inner] = scopes[number]
        return scopes

    def scope(self, definition: cst.CSTNode | None) -> Scope:
        """The scope of a definition of this tree; of the module for ``None``."""
        for number, (_, node) in enumerate(self.definitions):
            if node is definition:
                return self.scopes[number]
        return self.scopes[-1]

    def code(self, node: cst.CSTNode) -> str:
        """The source text of a node."""
        return self.module.code_for_node(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes above ``node``, the nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent


def outline(text: str) -> ast.Module:
    """The standard library's tree of ``text``: many times cheaper than LibCST's.

    Raises:
        Unparsable: where Python cannot read it.
    """
    try:
        with warnings.catch_warnings():
            # Warnings about the user's code (invalid escapes) are not ours to print.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise Unparsable(
            error.msg or "invalid syntax", error.lineno or 1, error.offset or 1
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unparsable(str(error) or type(error).__name__, 1, 1) from None


def parse(text: str) -> Tree:
    """Parse ``text``.

    Raises:
        Unparsable: where Python or LibCST cannot read it.
    """
    lines = outline(text)
    try:
        return Tree(text, cst.parse_module(text), lines)
    except cst.ParserSyntaxError as error:
        raise Unparsable(error.message, error.raw_line, error.raw_column + 1) from None
    except RecursionError:
        raise Unparsable("nested too deeply", 1, 1) from None


def dotted(node: cst.CSTNode | None) -> str | None:
    """``a.b.c`` of a chain of attributes, or ``None`` for anything else."""
    match node:
        case cst.Name(value=value):
            return value
        case cst.Attribute(value=value, attr=cst.Name(value=name)):
            head = dotted(value)
            return None if head is None else f"{head}.{name}"
    return None


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """``node`` and everything below it, in document order."""
    yield from _below(node)


def _inside(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The children of a node in no order; LibCST finds its own by a visit, which takes ten times as long."""
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif value.__class__ in (list, tuple):
            found += [each for each in value if isinstance(each, cst.CSTNode)]
    return found


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


@lru_cache(maxsize=512)
def _below(node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    # Every rule walks over the same functions, and LibCST computes children anew each time.
    found: list[cst.CSTNode] = []
    stack = [node]
    while stack:
        each = stack.pop()
        found.append(each)
        stack.extend(reversed(each.children))
    return tuple(found)


def inner_statements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements directly below a body, an ``if``, a loop, a ``with`` or a ``try``."""
    match node:
        case cst.If(body=body, orelse=orelse):
            yield from body.body
            if orelse is not None:
                yield from inner_statements(orelse)
        case cst.For(body=body, orelse=orelse) | cst.While(body=body, orelse=orelse):
            yield from body.body
            if orelse is not None:
                yield from orelse.body.body
        case cst.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final) | cst.TryStar(
            body=body, handlers=handlers, orelse=orelse, finalbody=final
        ):
            yield from body.body
            for handler in handlers:
                yield from handler.body.body
            if orelse is not None:
                yield from orelse.body.body
            if final is not None:
                yield from final.body.body
        case cst.Match(cases=cases):
            for case in cases:
                yield from case.body.body
        case (
            cst.With(body=body)
            | cst.Else(body=body)
            | cst.FunctionDef(body=body)
            | cst.ClassDef(body=body)
        ):
            yield from body.body


def all_statements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """All statements below ``node`` at any depth, nested definitions themselves but not their bodies."""
    for statement in inner_statements(node):
        yield statement
        if not isinstance(statement, Definition):
            yield from all_statements(statement)


def _definitions(body: object) -> Iterator[tuple[tuple[str, ...], Definition]]:
    for statement in body:  # type: ignore[attr-defined]
        if isinstance(statement, Definition):
            name = statement.name.value
            yield (name,), statement
            for path, inner in _definitions(statement.body.body):
                yield (name, *path), inner
        else:
            yield from _definitions(inner_statements(statement))
