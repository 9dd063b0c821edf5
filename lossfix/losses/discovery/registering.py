"""Functions that keep what they are handed: the decorators and calls by which losses are registered."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lossfix.losses.discovery.holders import PUTS_IN, REGISTERS, put_in
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import defaults, last_part, statements

_WITH_KERAS = "register_keras_serializable"
Decoration = tuple[str, bool]
"""The last name of what decorates a function, and whether that is called first: ``@register("dice")``."""


@dataclass(frozen=True, eq=False)
class Keeper:
    """A parameter that a function puts into a dictionary or a list."""

    decoration: Decoration
    """The function; it is what it returns, where that is called first."""
    parameter: str
    position: int
    holder: ast.expr


@remembered(2)
def keepers(module: ast.Module) -> tuple[Keeper, ...]:
    """What the functions of a file keep: ``def register(loss): REGISTRY[loss.__name__] = loss``."""
    return tuple(_keepers(module))


def _keepers(module: ast.Module) -> Iterator[Keeper]:
    for outer in every(module, ast.FunctionDef):
        inner = [each for each in statements(outer.body) if isinstance(each, ast.FunctionDef)]
        for function, is_returned in ((outer, False), *((each, True) for each in inner)):
            kept = [*_kept_in(function)]
            # Most functions keep nothing, and then their parameters need not be gone through.
            for position, (parameter, _) in enumerate(defaults(function.args) if kept else ()):
                for name, holder in kept:
                    if name == parameter:
                        yield Keeper((outer.name, is_returned), name, position, holder)


def _kept_in(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """The names that are put somewhere, and where."""
    for statement in statements(function.body):
        match statement:
            case ast.Assign(targets=[ast.Subscript(value=holder)], value=ast.Name(id=name)):
                yield name, holder
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr, value=holder)) as call) if (
                attr in PUTS_IN
            ):
                names = dict.fromkeys(e.id for e in put_in(call) if isinstance(e, ast.Name))
                yield from ((name, holder) for name in names)


def decoration_of(decorator: ast.expr) -> Decoration:
    """The last name of a decorator, and whether that is called."""
    called = isinstance(decorator, ast.Call)
    return last_part(decorator.func if isinstance(decorator, ast.Call) else decorator) or "", called


def registry_of(node: ast.expr) -> ast.expr | None:
    """What keeps the losses that a method of it is handed: ``LOSSES`` of ``@LOSSES.register("dice")``.

    It may be an instance of a class of the project or of a library: what it keeps is its own.
    """
    match node.func if isinstance(node, ast.Call) else node:
        case ast.Attribute(value=ast.Name(id=name) as holder, attr=attr) if (
            attr.startswith(REGISTERS) and attr != _WITH_KERAS and name != "self"
        ):
            return holder
    return None
