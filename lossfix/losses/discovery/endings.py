"""How the models of a file end: in which activation."""

from __future__ import annotations

import ast

from lossfix.syntax.nodes import every
from lossfix.syntax.scope import dotted

_SEQUENTIAL = "Sequential"
_MODELS = frozenset({_SEQUENTIAL, "Model", "Functional"})
_ACTIVATIONS = {"Softmax": "softmax", "Sigmoid": "sigmoid"}
"""Layers that are one."""


def activation_of(layer: ast.Call) -> str | None:
    """The activation that a layer is built with: ``linear`` for none, ``None`` where it is not written."""
    for keyword in layer.keywords:
        if keyword.arg == "activation":
            match keyword.value:
                case ast.Constant(value=str() as name):
                    return name
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    return name
            return None
    match layer:
        case ast.Call(
            func=ast.Name(id="Activation") | ast.Attribute(attr="Activation"),
            args=[ast.Constant(value=str() as name)],
        ):
            return name
    return "linear"


def ending_of_the_model(module: ast.Module) -> str:
    """The activation in which the one model of a file ends; empty where there are more, or it is not seen."""
    models = [call for call in every(module, ast.Call) if _last(call) in _MODELS]
    extended = any(
        (dotted(base) or "").rpartition(".")[2] in _MODELS
        for node in every(module, ast.ClassDef)
        for base in node.bases
    )
    if len(models) != 1 or extended:
        return ""
    (model,) = models
    layer = _of_a_list(module, model) if _last(model) == _SEQUENTIAL else _of_outputs(module, model)
    if layer is None:
        return ""
    return _ACTIVATIONS.get(_last(layer)) or activation_of(layer) or ""


def _last(call: ast.Call) -> str:
    return (dotted(call.func) or "").rpartition(".")[2]


def _of_a_list(module: ast.Module, model: ast.Call) -> ast.Call | None:
    added = [
        call
        for call in every(module, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add" and len(call.args) == 1
    ]
    given: list[ast.expr] = []
    match model.args:
        case [ast.List(elts=layers), *_]:
            given = layers
    if added and len({dotted(each.func) for each in added}) == 1:
        given = [max(added, key=lambda each: each.lineno).args[0]]
    elif added:
        return None
    return given[-1] if given and isinstance(given[-1], ast.Call) else None


def _of_outputs(module: ast.Module, model: ast.Call) -> ast.Call | None:
    outputs = [each.value for each in model.keywords if each.arg == "outputs"] or model.args[1:2]
    output = outputs[0] if outputs else None
    if isinstance(output, ast.Name):
        name = output.id
        above = [
            line
            for line in every(module, ast.Assign)
            if line.lineno <= model.lineno and [dotted(each) for each in line.targets] == [name]
        ]
        output = max(above, key=lambda line: line.lineno).value if above else None
    match output:
        case ast.Call(func=ast.Call() as layer):
            return layer
    return None
