"""What a file says is a metric without ``metrics=``: by a class that wraps it, or a list called so."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.syntax.nodes import below, every
from lossfix.syntax.scope import last_part

_WRAPPER = "MetricWrapper"
_METRIC = ("Metric", _WRAPPER)
"""How the names of classes end that measure: Keras' own, and those of projects after them."""


def measured_in(module: ast.Module) -> Iterator[ast.Name]:
    """The names that stand for metrics: ``MeanMetricWrapper(dice)``, ``def metrics(self): return [dice]``."""
    for call in every(module, ast.Call):
        if (last_part(call.func) or "").endswith(_WRAPPER):
            yield from _plain(_arguments(call))
    for node in every(module, ast.ClassDef):
        if any((last_part(base) or "").endswith(_METRIC) for base in node.bases):
            for part in below(node):
                match part:
                    case ast.Call(func=ast.Attribute(attr="__init__")):
                        yield from _plain(_arguments(part))
    for function in every(module, ast.FunctionDef):
        if function.name == "metrics" or function.name.endswith("_metrics"):
            for part in below(function):
                if isinstance(part, ast.Return):
                    yield from _plain(_entries(part.value))


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(each.value for each in call.keywords)]


def _entries(node: ast.expr | None) -> list[ast.expr]:
    match node:
        case ast.List(elts=entries) | ast.Tuple(elts=entries) | ast.Dict(values=entries):
            return entries
    return []


def _plain(values: list[ast.expr]) -> Iterator[ast.Name]:
    return (each for each in values if isinstance(each, ast.Name))
