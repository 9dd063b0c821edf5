"""Which parameters of a function are handed targets and predictions, as the calls of it show.

``mean_of(y_true - y_pred)`` hands its one parameter both, and names like ``x`` and ``values`` say nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lossfix.losses.discovery.candidate import Roles
from lossfix.losses.discovery.wording import names_targets
from lossfix.syntax.nodes import below, children
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import assignments, dotted, statements

_STATIC = frozenset(
    {"shape", "dtype", "ndim", "rank", "int_shape", "get_shape", "size", "len", "type"}
)
_LIKE = frozenset({"zeros_like", "ones_like"})


def depending(function: ast.FunctionDef, *start: str) -> frozenset[str]:
    """The names of a function whose values are computed from those of the parameters ``start``."""
    names = set(start)
    while True:
        before = len(names)
        for statement in statements(function.body):
            for target, value in assignments(statement):
                if value is not None and mentions(value, names):
                    names.update(_stored(target))
        if len(names) == before:
            return frozenset(names)


def _stored(target: ast.expr) -> Iterator[str]:
    """The names, and attributes such as ``self.gap``, whose value is another once ``target`` is assigned.

    Of ``terms[kind]`` that is ``terms``: by what it is looked up has the value that it had.
    """
    match target:
        case ast.Subscript(value=value) | ast.Starred(value=value):
            yield from _stored(value)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _stored(part)
        case _ if (name := dotted(target)) is not None:
            yield name


def mentions(node: ast.expr, names: frozenset[str] | set[str]) -> bool:
    """Whether the value of an expression depends on those of ``names``, rather than on their shapes."""
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr=attribute) if attribute in _STATIC:
            return False
        case ast.Attribute() if dotted(node) in names:
            return True
        case ast.Call(func=function) if _last(function) in _STATIC | _LIKE:
            return False
        case ast.Lambda():
            return False
    return any(
        mentions(child, names) for child in children(node) if isinstance(child, ast.expr)
    ) or any(mentions(each.value, names) for each in getattr(node, "keywords", ()))


@dataclass(frozen=True)
class Given:
    """What the value of an argument depends on."""

    targets: bool
    predictions: bool


def handed(
    call: ast.Call, parameters: list[str], targets: frozenset[str], predictions: frozenset[str]
) -> Roles | None:
    """The parameters that a call hands targets and predictions; ``None`` where it hands on no prediction."""
    return roles_of(
        {
            name: Given(mentions(value, targets), mentions(value, predictions))
            for name, value in _arguments(call, parameters)
        }
    )


def roles_of(given: Mapping[str, Given]) -> Roles | None:
    """What parameters are by what they are handed; ``None`` where no prediction is among it."""
    predicted = []
    for name, value in given.items():
        # Targets that were picked by the predictions, by matching boxes for one, are targets all the same.
        if value.predictions and not (value.targets and names_targets(name)):
            predicted.append(name)
    if not predicted:
        return None
    labels = (name for name, value in given.items() if name not in predicted and value.targets)
    return Roles(next(labels, predicted[0]), predicted[0], tuple(predicted[1:]))


def beside(
    node: ast.expr, function: ast.FunctionDef | ast.Lambda, parents: Mapping[ast.AST, ast.AST]
) -> Iterator[ast.expr]:
    """What goes into one term with a value: factors, what it picks from; what is added is another term.

    Of a value that is only kept or shown, or whose gradient is stopped, it is the value itself.
    """
    followed: set[str] = set()
    pending: list[ast.AST] = [node]
    while pending:
        here = pending.pop()
        while (above := parents.get(here)) is not None and above is not function:
            match above:
                case ast.BinOp(left=left, op=operator, right=right):
                    if not isinstance(operator, ast.Add | ast.Sub):
                        yield right if here is left else left
                case ast.Call(func=called, args=args, keywords=keywords):
                    yield from (each for each in args if each is not here)
                    yield from (each.value for each in keywords if each is not here)
                    if _last(called) == "stop_gradient":
                        yield above
                case ast.Subscript(value=value) if value is not here:
                    yield value
                case ast.Expr(value=value):
                    yield value
                case ast.Assign(targets=targets):
                    names = {name for target in targets for name in _stored(target)} - followed
                    followed |= names
                    pending += (part for name in names for part in _read_in(function).get(name, ()))
                    break
            here = above


@remembered(64)
def _read_in(function: ast.FunctionDef | ast.Lambda) -> Mapping[str, list[ast.expr]]:
    """Where a function reads each name, and each attribute of one."""
    found: dict[str, list[ast.expr]] = {}
    for part in below(function):
        if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Load):
            found.setdefault(dotted(part) or "", []).append(part)
    return found


def _arguments(call: ast.Call, parameters: list[str]) -> Iterator[tuple[str, ast.expr]]:
    for name, value in zip(parameters, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        yield name, value
    for keyword in call.keywords:
        if keyword.arg in parameters:
            yield keyword.arg, keyword.value


def _last(node: ast.expr) -> str:
    """The last part of the name of a function, or of a method of whatever: ``sum`` for ``x[0].sum``."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
