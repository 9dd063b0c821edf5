"""The statements and definitions of a concrete tree, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

Definition = cst.FunctionDef | cst.ClassDef


def inner_statements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements directly below a module, a body, an ``if``, a loop, a ``with`` or a ``try``."""
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
        case cst.Module(body=statements):
            yield from statements
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


def concrete_definitions(
    body: Iterable[cst.CSTNode],
) -> Iterator[tuple[tuple[str, ...], Definition]]:
    """All functions and classes at any depth with their paths, in document order."""
    for statement in body:
        if isinstance(statement, Definition):
            name = statement.name.value
            yield (name,), statement
            for path, inner in concrete_definitions(statement.body.body):
                yield (name, *path), inner
        else:
            yield from concrete_definitions(inner_statements(statement))
