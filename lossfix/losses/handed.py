"""Which parameters of a function are handed targets and predictions, as the calls of it show.

``mean_of(y_true - y_pred)`` hands its one parameter both, and names like ``x`` and ``values`` say nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.syntax.scope import dotted, statements

_STATIC = frozenset(
    {"shape", "dtype", "ndim", "rank", "int_shape", "get_shape", "size", "len", "type"}
)
_LIKE = frozenset({"zeros_like", "ones_like"})


def depending(function: ast.FunctionDef, start: str) -> frozenset[str]:
    """The names of a function whose values are computed from those of the parameter ``start``."""
    names = {start}
    while True:
        before = len(names)
        for statement in statements(function.body):
            match statement:
                case ast.Assign(targets=targets, value=value):
                    pass
                case ast.AugAssign(target=target, value=value):
                    targets = [target]
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    targets = [target]
                case _:
                    continue
            if mentions(value, names):
                stored = (part for target in targets for part in ast.walk(target))
                names.update(part.id for part in stored if isinstance(part, ast.Name))
        if len(names) == before:
            return frozenset(names)


def mentions(node: ast.expr, names: frozenset[str] | set[str]) -> bool:
    """Whether the value of an expression depends on those of ``names``, rather than on their shapes."""
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr=attribute) if attribute in _STATIC:
            return False
        case ast.Call(func=function) if _last(function) in _STATIC | _LIKE:
            return False
        case ast.Lambda():
            return False
    return any(
        mentions(child, names)
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.expr)
    ) or any(mentions(each.value, names) for each in getattr(node, "keywords", ()))


def handed(
    call: ast.Call, parameters: list[str], targets: frozenset[str], predictions: frozenset[str]
) -> tuple[str, str] | None:
    """The parameters that a call hands targets and predictions; the same one twice where only one is.

    ``None`` where no prediction is handed on.
    """
    given = list(_arguments(call, parameters))
    predicted = [name for name, value in given if mentions(value, predictions)]
    if not predicted:
        return None
    labels = (name for name, value in given if name not in predicted and mentions(value, targets))
    return next(labels, predicted[0]), predicted[0]


def _arguments(call: ast.Call, parameters: list[str]) -> Iterator[tuple[str, ast.expr]]:
    for name, value in zip(parameters, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        yield name, value
    for keyword in call.keywords:
        if keyword.arg in parameters:
            yield keyword.arg, keyword.value


def _last(node: ast.expr) -> str:
    name = dotted(node)
    if name is None and isinstance(node, ast.Attribute):
        return node.attr
    return (name or "").rpartition(".")[2]
