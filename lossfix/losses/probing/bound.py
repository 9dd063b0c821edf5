"""What the statements of a module bind, change and read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lossfix.losses.discovery.constants import changed
from lossfix.syntax.scope import statements


@dataclass(frozen=True)
class Bound:
    """One top-level statement, the names it binds, or whose values it changes, and those it reads."""

    node: ast.stmt
    binds: frozenset[str]
    reads: frozenset[str]
    annotates: frozenset[str]
    """What the signatures of its functions name, and what nothing but a type checker reads."""


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
    return Bound(node, frozenset(binds), frozenset(_read(node)), frozenset(_annotating(node)))


def _read(node: ast.AST) -> set[str]:
    """The names that a node reads from around it: those that a function binds itself are its own.

    A script's ``y_pred = model.predict(x)`` is nothing to a function whose parameter has that name.
    """
    match node:
        case ast.Name(id=name, ctx=context):
            return set() if isinstance(context, ast.Store) else {name}
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            before = _all_read([*node.decorator_list, *_defaults(node.args)])
            return before | (_all_read(node.body) - _own(node.body) - _parameters(node.args))
        case ast.Lambda():
            return _all_read(_defaults(node.args)) | (_read(node.body) - _parameters(node.args))
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            # What the first loop runs over is computed outside.
            first = node.generators[0].iter
            targets = {name for each in node.generators for name in _bound_in(each.target)}
            inside = _all_read(_parts(node, first))
            return _read(first) | (inside - targets)
    return _all_read(ast.iter_child_nodes(node))


def _annotating(node: ast.AST) -> set[str]:
    """The names in the signatures of the functions that a statement defines."""
    named: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            signed = [part.annotation for part in ast.walk(each.args) if isinstance(part, ast.arg)]
            named |= _all_read(filter(None, [*signed, each.returns]))
    return named


def _defaults(args: ast.arguments) -> list[ast.expr]:
    return [*args.defaults, *filter(None, args.kw_defaults)]


def _parts(node: ast.AST, without: ast.AST) -> Iterator[ast.AST]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.comprehension):
            yield from (part for part in ast.iter_child_nodes(each) if part is not without)
        else:
            yield each


def _all_read(nodes: Iterable[ast.AST]) -> set[str]:
    return {name for each in nodes for name in _read(each)}


def _parameters(args: ast.arguments) -> set[str]:
    return {each.arg for each in ast.walk(args) if isinstance(each, ast.arg)}


def _own(body: list[ast.stmt]) -> set[str]:
    """What the statements of a function bind, but for what they declare to be the module's."""
    shared = {
        name
        for each in statements(body)
        if isinstance(each, ast.Global | ast.Nonlocal)
        for name in each.names
    }
    return {name for each in body for name in _bound_in(each)} - shared


def _bound_in(node: ast.AST) -> Iterator[str]:
    """The names that are bound below a node; functions, classes and comprehensions keep theirs."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (each.asname or each.name.partition(".")[0] for each in names)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return
        case _:
            if isinstance(node, ast.ExceptHandler) and node.name:
                yield node.name
            for each in ast.iter_child_nodes(node):
                yield from _bound_in(each)
