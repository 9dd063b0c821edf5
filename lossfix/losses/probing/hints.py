"""What the code of a loss says about the inputs that it is meant for."""

from __future__ import annotations

import ast

import libcst as cst

from lossfix.losses.code.conditions import comparison
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import default_of
from lossfix.losses.discovery.endings import activation_of
from lossfix.syntax.literals import number_of
from lossfix.syntax.tree import walk


def thresholds(loss: Loss) -> tuple[float, ...]:
    """The constants, or defaults of parameters, that the predictions are compared with."""
    found: set[float] = set()
    for node in walk(loss.function):
        if not isinstance(node, cst.BaseExpression):
            continue
        sides = comparison(loss, node)
        if sides is None or not loss.predicts(node):
            continue
        for side in (sides[0], sides[2]):
            value = _number(loss, side)
            if value is not None:
                found.add(value)
    return tuple(sorted(found))


def _number(loss: Loss, node: cst.BaseExpression | None) -> float | None:
    match node:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            value = _number(loss, inner)
            return None if value is None else -value
        case cst.Name(value=name):
            default = default_of(loss.function, name)
            if default is None and loss.factory is not None:
                default = default_of(loss.factory, name)
            return None if isinstance(default, cst.Name) else _number(loss, default)
    return number_of(node)


_FAMILIES = {
    "sigmoid": ("bin_prob", "unit", "multilabel"),
    "softmax": ("onehot_prob", "sparse"),
    "tanh": ("pm1", "reg"),
    "softplus": ("pos", "reg"),
    "exponential": ("pos", "reg"),
}


def families(module: ast.Module) -> tuple[str, ...]:
    """The families of inputs that the last layers of the models in a file suggest, best first."""
    return _FAMILIES.get(head(module), ())


def head(module: ast.Module) -> str:
    """The activation of the last layers of the models in a file; ``linear`` where they have none.

    A last layer is the last of a list of layers, or one that is called ``output``; where several
    models of a file end differently, or no model is seen, nothing is said.
    """
    endings = {activation_of(layer) for layer in _last_layers(module)} - {None}
    return endings.pop() or "" if len(endings) == 1 else ""


_MANY_AXES = (
    "Conv",
    "Depthwise",
    "Separable",
    "UpSampling",
    "ZeroPadding",
    "Cropping",
    "Time",
    "Permute",
)


def gives_vectors(module: ast.Module) -> bool | None:
    """Whether all models in a file end with a batch of vectors; ``False`` where one ends with images, volumes
    or sequences, ``None`` where no last layer is seen."""
    found = [_gives_many_axes(layer) for layer in _last_layers(module)]
    return not any(found) if found else None


def _gives_many_axes(layer: ast.Call) -> bool:
    match layer.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name == "Reshape":
                match layer.args:
                    case [ast.Tuple(elts=sides) | ast.List(elts=sides)]:
                        return len(sides) > 1
            sequences = any(
                each.arg == "return_sequences"
                and isinstance(each.value, ast.Constant)
                and each.value.value is True
                for each in layer.keywords
            )
            return sequences or name.startswith(_MANY_AXES)
    return False


def _last_layers(module: ast.Module) -> list[ast.Call]:
    layers = []
    for node in ast.walk(module):
        match node:
            case ast.Call(
                func=ast.Name(id="Sequential") | ast.Attribute(attr="Sequential"),
                args=[ast.List(elts=[*_, ast.Call() as last]), *_],
            ):
                layers.append(last)
            case ast.Call(
                func=ast.Name(id="Model") | ast.Attribute(attr="Model"),
                args=[_, ast.Call(func=ast.Call() as last), *_],
            ):
                layers.append(last)
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Call() as last)
            ) if name.lower().startswith(("out", "pred")):
                layers.append(last)
    added: dict[str, ast.Call] = {}
    for node in ast.walk(module):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=model), attr="add"), args=[ast.Call() as last]
            ):
                known = added.get(model)
                if known is None or known.lineno < last.lineno:
                    added[model] = last
    return layers + list(added.values())
