"""Which expressions of a file are symbolic tensors: those of a functional model, which have no values.

Only "yes" can be relied on: what is not understood is taken to be something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.wiring import Wiring
from lossfix.syntax.nodes import every, parents
from lossfix.syntax.scope import dotted, last_part

_MAKERS = frozenset({"keras.Input", "keras.layers.Input"})
_ENDS = frozenset({"input", "inputs", "output", "outputs"})
_STATIC = frozenset({"shape", "dtype", "name", "ndim"})


def is_symbolic(wiring: Wiring, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> bool:
    """Whether an expression is certainly a symbolic tensor, or made of one."""
    match node:
        case ast.Name(id=name):
            # `x = Dense(64)(x)` in a loop: what it is made of again was told by what it started as.
            found = wiring.values(node)
            return name in seen or (
                bool(found) and all(is_symbolic(wiring, each, seen | {name}) for each in found)
            )
        case ast.Attribute(value=value, attr=attribute):
            if attribute in _ENDS:
                return wiring.is_model(value) or _is_layer_of_a_model(value)
            return attribute not in _STATIC and is_symbolic(wiring, value, seen)
        case ast.Subscript(value=value):
            return is_symbolic(wiring, value, seen)
        case ast.BinOp(left=left, right=right):
            return is_symbolic(wiring, left, seen) or is_symbolic(wiring, right, seen)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return any(is_symbolic(wiring, each, seen) for each in elements)
        case ast.Call(func=function, args=args):
            if wiring.operation(node) in _MAKERS:
                return True
            # A constructor makes an object, of whatever it is given: `Model(inputs, outputs)`.
            last = last_part(function) or ""
            if last[:1].isupper() or last in ("int_shape", "print", "len", "repr", "str"):
                return False
            return any(is_symbolic(wiring, each, seen) for each in args)
    return False


def _is_layer_of_a_model(node: ast.expr) -> bool:
    """``model.layers[0]`` or ``model.get_layer("z")``, of which only a layer of Keras has an output."""
    match node:
        case ast.Subscript(value=ast.Attribute(attr="layers")):
            return True
        case ast.Call(func=ast.Attribute(attr="get_layer")):
            return True
    return False


def is_asked_its_shape(wiring: Wiring, node: ast.expr) -> bool:
    """Whether only that of a tensor is read which needs no values."""
    above = parents(wiring.module).get(node)
    return isinstance(above, ast.Attribute) and above.attr in _STATIC


def symbolic_arguments(wiring: Wiring, factory: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """The parameters of a factory that its calls give symbolic tensors, each with what it is given."""
    names = [each.arg for each in (*factory.args.posonlyargs, *factory.args.args)]
    for call in every(wiring.module, ast.Call):
        if dotted(call.func) != factory.name or factory in wiring.owners(call):
            continue
        given = [*zip(names, call.args, strict=False)]
        given += [(each.arg, each.value) for each in call.keywords if each.arg is not None]
        yield from (each for each in given if is_symbolic(wiring, each[1]))
